import type { RunId } from '@drylane/proto/ids';
import { decideRun, type Heard, refuseUndecidable } from './embedded/approval.ts';
import { approverAt } from './embedded/approvers.ts';
import type { LocalDesk } from './embedded/desk.ts';
import { patchesOf, reportOf } from './embedded/records.ts';
import { personAtTerminal } from './person.ts';
import { agreed, type Presented, present } from './presenting.ts';
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
  const { report, approvalRequired, dossier } = past;
  const shown: Presented = {
    command: dossier.judgement.envelope.command,
    terms: termsOf(dossier),
    seen: { report, approvalRequired },
    patches: await patchesOf(desk, dossier.run),
  };
  present(person.output, shown, coloursFor(person.output, process.env), state);
  const does = dossier.mode === 'rerun' ? 'RUN FOR REAL' : 'land';
  if (!(await agreed(person.ask, id, does))) return 'declined';
  const { approver, sign } = await approverAt(desk.stateDir, person);
  return decideRun(desk, id, { decision: 'approve', approver, comment, ...(sign && { sign }) });
}

/** Ends a run that waits. Whoever may read the state directory may: it only takes away. */
export async function rejectRun(desk: LocalDesk, id: RunId, comment: string | null): Promise<Heard> {
  using person = personAtTerminal();
  const name = person?.name ?? 'nobody at a terminal';
  const approver = { id: `person:${name}`, proof: person === undefined ? 'none' : 'terminal' } as const;
  return decideRun(desk, id, { decision: 'reject', approver, comment });
}
