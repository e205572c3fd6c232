import { visible } from '@drylane/chassis/redact/visible';
import type { CapturedOutput, Change, Evidence } from '@drylane/proto/evidence';
import { hasFailed, observed } from './observed.ts';
import { renderChange, renderSteps } from './print.ts';
import { type Colours, visibleLine } from './terminal.ts';

const MAX_LINES = 200;

/** The evidence of a run in full, section by section; one that has nothing to say is left out. */
export function renderSections(evidence: Evidence, paint: Colours): string {
  const { canaries, network, privileged, leftovers, failed, limits, fidelity, resources } =
    observed(evidence);
  const { changes, outside, processes } = evidence;
  const started = [`${processes.length} started, ${processes.filter(hasFailed).length} failed`, ...failed];
  const sections: readonly (readonly [string, string])[] = [
    ['steps', renderSteps(evidence, paint)],
    ['limits that were hit', listed(limits)],
    ['changes', listed(worstFirst(changes).map((change) => renderChange(change, paint)))],
    ['outside', listed(outside.map(({ kind, path }) => `${kind} ${visibleLine(path)}`))],
    ['leaked credentials', listed(canaries)],
    ['network', listed(network)],
    ['privileged calls', listed(privileged)],
    ['processes', processes.length === 0 ? '' : listed(started)],
    ['left running', listed(leftovers)],
    ['stdout', indented(evidence.stdout.text)],
    ['stderr', indented(evidence.stderr.text)],
    ['resources', listed(resources)],
    ['how the sandbox differed', listed(fidelity)],
  ];
  return sections
    .filter(([, body]) => body !== '')
    .map(([title, body]) => {
      const about = title === 'stdout' || title === 'stderr' ? outputAbout(evidence[title]) : '';
      return `\n${paint.bold(title)}${paint.dim(about)}\n${body}${body.endsWith('\n') ? '' : '\n'}`;
    })
    .join('');
}

/** How much of an output stream is not shown as it was written. */
function outputAbout({ bytes, truncated, redactions }: CapturedOutput): string {
  const cut = truncated ? ', the middle is left out' : '';
  const gone = redactions === 0 ? '' : `, ${redactions} redacted`;
  return ` (${bytes} bytes${cut}${gone})`;
}

/** Changes as a person must see them where not all are shown: forbidden, surprise, deleted, then the rest. */
function worstFirst(changes: readonly Change[]): Change[] {
  const rank = (change: Change): number => {
    if (change.class !== 'expected') return change.class === 'forbidden' ? 0 : 1;
    return change.kind === 'deleted' ? 2 : 3;
  };
  return [...changes].sort((a, b) => rank(a) - rank(b));
}

/** Text of the command's, every line of it further in than drylane's own: none can pass for a section. */
export function indented(text: string): string {
  return visible(text).replaceAll(/^(?=.)/gm, '  ');
}

function listed(lines: readonly string[]): string {
  const rest = lines.length - MAX_LINES;
  const shown = lines.slice(0, MAX_LINES);
  return [...shown, ...(rest > 0 ? [`… and ${rest} more (--json has all)`] : [])].join('\n');
}
