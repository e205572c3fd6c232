import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { evidenceBlock } from './block.ts';
import { renderPatch } from './commands/diff.ts';
import { decideRun, type Heard, refuseUndecidable } from './embedded/approval.ts';
import { approverAt } from './embedded/approvers.ts';
import type { LocalDesk } from './embedded/desk.ts';
import { type PastReport, patchesOf, reportOf } from './embedded/records.ts';
import { type Person, personAtTerminal } from './person.ts';
import { renderBlock } from './print.ts';
import { indented, renderSections } from './sections.ts';
import { coloursFor } from './terminal.ts';
import { termsOf } from './terms.ts';

/**
 * Shows a run to the person at the terminal, all that the approval stands for, and keeps it if they give it.
 * @returns `nobody` where there is no terminal, `declined` where they did not agree.
 * @throws DrylaneError `not-promotable`, before anything is asked, for a run that nobody can decide on.
 */
export async function approveAtTerminal(
  desk: LocalDesk,
  id: RunId,
  { comment, state }: { readonly comment: string | null; readonly state: string | undefined },
): Promise<Heard | 'declined' | 'nobody'> {
  const past = await reportOf(desk, id);
  refuseUndecidable(past.dossier, 'approve');
  using person = personAtTerminal();
  if (person === undefined) return 'nobody';
  await show(desk, past, person, state);
  const does = past.dossier.mode === 'rerun' ? 'RUN FOR REAL' : 'land';
  const typed = await person.ask(`\nType "approve" to let ${id} ${does}, anything else to leave it: `);
  if (typed?.trim() !== 'approve') return 'declined';
  const { approver, sign } = await approverAt(desk.stateDir, person);
  return decideRun(desk, id, { decision: 'approve', approver, comment, ...(sign && { sign }) });
}

/** Everything that the approval stands for, forbidden paths first, and how much of it is cut. */
async function show(
  desk: LocalDesk,
  past: PastReport,
  { output }: Person,
  state: string | undefined,
): Promise<void> {
  const { report, approvalRequired, dossier } = past;
  const patches = await patchesOf(desk, dossier.run);
  const paint = coloursFor(output, process.env);
  output.write(`${paint.bold('command')}\n${indented(dossier.judgement.envelope.command)}\n\n`);
  output.write(renderBlock(termsOf(dossier), paint, state));
  output.write('\n');
  output.write(renderBlock(evidenceBlock(report, approvalRequired), paint, state));
  output.write(renderSections(report.evidence, paint));
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

/** Ends a run that waits. Whoever may read the state directory may: it only takes away. */
export async function rejectRun(desk: LocalDesk, id: RunId, comment: string | null): Promise<Heard> {
  using person = personAtTerminal();
  const name = person?.name ?? 'nobody at a terminal';
  const approver = { id: `person:${name}`, proof: person === undefined ? 'none' : 'terminal' } as const;
  return decideRun(desk, id, { decision: 'reject', approver, comment });
}

/** The refusal where nobody can be asked. */
export function nobodyThere(id: RunId): DrylaneError {
  return new DrylaneError('approval-needed', {
    field: id,
    message: 'only a person at a terminal can approve it, and there is none here',
    mend: `in a terminal: drylane approve ${id}`,
  });
}
