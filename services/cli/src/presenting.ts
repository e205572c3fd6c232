import type { Writable } from 'node:stream';
import { DrylaneError } from '@drylane/proto/errors';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { type BlockLine, evidenceBlock } from './block.ts';
import { renderPatch } from './patch.ts';
import { renderBlock } from './print.ts';
import { indented, renderSections } from './sections.ts';
import type { Colours } from './terminal.ts';

/** A run as whoever decides on it must be shown it. */
export interface Presented {
  readonly command: string;
  readonly terms: readonly BlockLine[];
  /** Null before a rehearsal. */
  readonly seen: { readonly report: Rehearsal; readonly approvalRequired: boolean } | null;
  readonly patches: readonly { readonly text: string; readonly cut: boolean }[];
}

/** Shows everything that an approval stands for, forbidden paths first, and how much of it is cut. */
export function present(
  output: Writable,
  { command, terms, seen, patches }: Presented,
  paint: Colours,
  state?: string,
): void {
  output.write(`${paint.bold('command')}\n${indented(command)}\n\n`);
  output.write(renderBlock(terms, paint, state));
  output.write('\n');
  if (seen === null) return;
  output.write(renderBlock(evidenceBlock(seen.report, seen.approvalRequired), paint, state));
  output.write(renderSections(seen.report.evidence, paint));
  output.write(`\n${paint.bold('diff')}\n`);
  for (const patch of patches) output.write(renderPatch(patch, paint));
  const cut = patches.filter((patch) => patch.cut || REDACTED.test(patch.text)).length;
  if (cut > 0)
    output.write(
      paint.yellow(
        `\n${cut} of ${patches.length} diffs are not shown whole: they were cut, or hold secrets\n`,
      ),
    );
}

/** What stands in a diff where it looked like a secret: whatever that was will land, too. */
const REDACTED = /\[redacted:[a-z-]+\]/;

/** The question, and whether the one word was typed that means yes. */
export async function agreed(
  ask: (question: string) => Promise<string | undefined>,
  id: string,
  does: string,
): Promise<boolean> {
  const typed = await ask(`\nType "approve" to let ${id} ${does}, anything else to leave it: `);
  return typed?.trim() === 'approve';
}

/** The refusal where nobody can be asked. */
export function nobodyThere(id: string): DrylaneError {
  return new DrylaneError('approval-needed', {
    field: id,
    message: 'only a person at a terminal can approve it, and there is none here',
    mend: `in a terminal: drylane approve ${id}`,
  });
}
