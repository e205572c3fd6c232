import { visible } from '@drylane/chassis/redact/visible';
import type { Change, Evidence } from '@drylane/proto/evidence';
import type { BlockLine } from './block.ts';
import { hinted } from './hint.ts';
import { type Colours, visibleLine } from './terminal.ts';

const LABEL_WIDTH = 16;

/**
 * The block's lines as text; whatever came from the command is made visible, never passed on raw. What it says to type
 * names the state directory that was given.
 */
export function renderBlock(lines: readonly BlockLine[], colours: Colours, state?: string): string {
  const tones = { plain: (s: string) => s, good: colours.green, bad: colours.red, warn: colours.yellow };
  return lines
    .map(({ label, text, hint, tone }) => {
      const words = [...(text === '' ? [] : [text]), ...(hint === undefined ? [] : [hinted(hint, state)])];
      const [first = '', ...more] = visible(words.join(': ')).split('\n');
      const body = [first, ...more.map((l) => ' '.repeat(LABEL_WIDTH) + l)].join('\n');
      return `${`${label}:`.padEnd(LABEL_WIDTH)}${tones[tone](body)}\n`;
    })
    .join('');
}

const SIGNS: Readonly<Record<Change['kind'], string>> = {
  added: 'A',
  modified: 'M',
  deleted: 'D',
  mode: 'm',
  type: 'T',
};

/** One line for a change: sign, path, and how much of it. */
export function renderChange(change: Change, colours: Colours): string {
  const paint = { forbidden: colours.red, surprise: colours.yellow, expected: (s: string) => s }[
    change.class
  ];
  const counts = change.additions === null ? '' : ` +${change.additions} -${change.deletions ?? 0}`;
  const size = change.entries > 1 ? ` (${change.entries} entries)` : counts;
  const tag = change.class === 'expected' ? '' : `  ${change.class}`;
  return paint(`${SIGNS[change.kind]} ${visibleLine(change.path)}${size}${tag}`);
}

/** The steps of a command with what became of each. */
export function renderSteps(evidence: Evidence, colours: Colours): string {
  return evidence.steps
    .map((step) => {
      const status = step.ran ? `exit ${step.exit_code ?? '?'}` : 'did not run';
      const head = `${String(step.index + 1).padStart(3)}  ${(step.operator ?? '').padEnd(2)}  `;
      const text = visible(step.text)
        .split('\n')
        .join(`\n${' '.repeat(9)}`);
      const paint = step.ran ? (s: string) => s : colours.dim;
      return paint(`${head}${text}   ${colours.dim(`${status}, ${step.changes.length} changed`)}\n`);
    })
    .join('');
}
