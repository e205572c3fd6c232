import type { Logger } from '@drylane/chassis/logger/logger';
import { NOTHING_TOLD, type Promotion } from '@drylane/proto/promotion';
import type { Landed } from '@drylane/proto/task';
import { journaledRuns } from '../promote/journal.ts';
import { forgetApply, recoverRun } from '../promote/recover.ts';
import type { Dispatcher } from './claims.ts';
import type { ClaimNote, ClaimNotes } from './notes.ts';
import type { Turns } from './turns.ts';

/** What is needed to tell a dispatcher how claims of this state directory ended. */
export interface Telling {
  readonly stateDir: string;
  readonly notes: ClaimNotes;
  readonly dispatcher: Dispatcher;
  readonly turns: Turns;
  readonly log: Logger;
}

/**
 * How a claim ended that has no other end noted, by what is found of the files, which are brought wholly back or forward
 * first. Without a journal, nothing of the workspace was touched; what a command that ran for real did, nobody knows.
 */
export async function endOf(
  stateDir: string,
  { run, mode, owner, heard }: ClaimNote,
  reason: string,
): Promise<Landed> {
  const files = await recoverRun(stateDir, run);
  // That a claim was heard is noted before its command may begin.
  const result = mode === 'rerun' && heard ? 'unknown' : (files?.result ?? 'rolled-back');
  if (result === 'rolled-back') return { result, reason, owner };
  const [conflicts, merged] = [[...(files?.conflicts ?? [])], [...(files?.merged ?? [])]];
  const promotion: Promotion = { ...NOTHING_TOLD, mode, result, conflicts, merged };
  return { result: 'ended', promotion, owner };
}

/**
 * Tells the dispatcher how every claim of this state directory ended, one after another, and forgets those that it knows
 * of. Others are told the next time, and so is what is being worked on: a command may run for as long as it likes.
 */
export async function tellAll(telling: Telling): Promise<void> {
  for (const run of telling.notes.runs()) {
    if (telling.turns.isBusy(run)) continue;
    await telling
      .turns(run, () => tell(telling, run))
      .catch((fault: unknown) => telling.log.about({ run }).error('a claim could not be settled', { fault }));
  }
}

/** Whether nothing is left to be told of a run. Call it in the run's turn, or where nobody else tells of it. */
export async function tell(telling: Omit<Telling, 'turns'>, run: ClaimNote['run']): Promise<boolean> {
  const { stateDir, notes, dispatcher, log } = telling;
  const note = notes.read(run);
  if (note === undefined) return true;
  const landed = await endOfNote(telling, note);
  const answer = await dispatcher.settle(run, landed);
  log.about({ run, stage: 'promote' }).info('a claim was told of', { result: landed.result, answer });
  // A claim that nobody heard is none, and nothing was touched; of any other, somebody has to be told.
  if (answer === 'not-told' || (answer === 'not-ours' && note.heard)) return false;
  if (!keepsSomething(landed)) await forgetApply(stateDir, run);
  notes.forget(run);
  return true;
}

/** How a claim ended, as it is noted, or as it is found and then noted. */
export async function endOfNote(
  { stateDir, notes }: Pick<Telling, 'stateDir' | 'notes'>,
  note: ClaimNote,
): Promise<Landed> {
  const landed = note.landed ?? (await endOf(stateDir, note, 'the process that had it died'));
  notes.write({ ...note, landed });
  return landed;
}

/** Where a person has to look, what stood there before is kept, and the journal says where. */
const keepsSomething = (landed: Landed): boolean =>
  landed.result === 'ended' && landed.promotion.conflicts.length > 0;

/** Brings back or forward what was interrupted here and has no claim noted, before anything else is at work. */
export async function recoverUnnoted({ stateDir, notes, log }: Telling): Promise<void> {
  const noted: ReadonlySet<string> = new Set(notes.runs());
  for (const run of journaledRuns(stateDir)) {
    if (noted.has(run)) continue;
    const recovered = await recoverRun(stateDir, run);
    log.about({ run, stage: 'promote' }).warn('an apply without a claim was recovered', { recovered });
  }
}
