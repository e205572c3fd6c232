import { randomBytes } from 'node:crypto';
import { createLogger } from '@drylane/chassis/logger/logger';
import { createRedactor } from '@drylane/chassis/redact/redact';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError, type ErrorCode } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import type { Claim, Landed } from '@drylane/proto/task';
import { type Told, toldOf } from '@drylane/proto/told';
import { claim, settleBy } from '@drylane/worker/lanes/claiming';
import type { Dispatcher } from '@drylane/worker/lanes/claims';
import { type ClaimNote, openNotes } from '@drylane/worker/lanes/notes';
import { endOfNote, tell } from '@drylane/worker/lanes/telling';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import { quote } from '../shell-words.ts';
import { holdRun } from './holding.ts';
import { claimsIn, takenRuns } from './taken.ts';

/** A fleet, as far as runs are taken there to land here. What it throws is a DrylaneError that says why. */
export interface TakingDesk {
  /** Its address, by which it is known again. */
  readonly base: string;
  take(run: RunId, claim: Claim): Promise<void>;
  tell(run: RunId, told: Told): Promise<void>;
  /** Where a run stands, and whose claim it is. */
  read(run: RunId): Promise<{ readonly state: string; readonly owner: string }>;
}

/** What became of a run that was taken here. */
export interface Landing {
  readonly promotion: Promotion;
  /** Whether the fleet knows; else it is told the next time. */
  readonly isTold: boolean;
}

/** A run that was taken by a process that is dead, and how that ended. */
export interface ToldRun {
  readonly run: RunId;
  readonly landed: Landed;
  readonly isTold: boolean;
}

/**
 * Lets a run land here: it is taken in its fleet before anything is touched, and what became of it is told there. Both
 * are noted first, so that a killed process leaves nothing that the next one could not tell.
 * @throws DrylaneError where nothing landed.
 */
export async function landTaken(
  stateDir: string,
  desk: TakingDesk,
  { run, bound }: { readonly run: RunId; readonly bound: Digest },
  act: () => Promise<Promotion>,
): Promise<Landing> {
  const lane = laneOf(stateDir, desk);
  using _held = await holdRun(claimsIn(stateDir), run);
  const left = lane.notes.read(run);
  // What one fleet is to hear is nothing for another, which may say that it heard it.
  if ((left !== undefined && left.fleet !== desk.base) || !(await tell(lane, run)))
    throw untold(run, left?.fleet ?? desk.base, lane.fault());
  const owner = `${formatOwner(currentOwner())}.${randomBytes(8).toString('hex')}`;
  const note: ClaimNote = { run, mode: 'apply', owner, fleet: desk.base, heard: false, landed: null };
  if ((await claim(lane, note, bound)) !== undefined) throw lane.fault();
  let fault: unknown;
  const landed = await settleBy(lane, note, () =>
    act().catch((thrown: unknown) => {
      fault = thrown;
      throw thrown;
    }),
  );
  const isTold = await tell(lane, run);
  if (landed.result !== 'ended') throw fault;
  return { promotion: landed.promotion, isTold };
}

/** Tells a fleet how the runs ended that dead processes had taken there. */
export async function tellTaken(stateDir: string, desk: TakingDesk): Promise<readonly ToldRun[]> {
  const taken = takenRuns(stateDir).filter(({ fleet }) => fleet === desk.base);
  const lane = laneOf(stateDir, desk);
  const told: ToldRun[] = [];
  for (const { run } of taken) {
    try {
      using _held = await holdRun(claimsIn(stateDir), run);
      const note = lane.notes.read(run);
      if (note === undefined) continue;
      const landed = await endOfNote(lane, note);
      told.push({ run, landed, isTold: await tell(lane, run) });
    } catch (fault) {
      // Somebody is at work with it, or in its workspace: they tell of it, or the next one does.
      if (!(fault instanceof DrylaneError) || fault.code !== 'not-promotable') throw fault;
    }
  }
  return told;
}

/** What a live worker's claims stand on, for a command line: it speaks with a fleet in its own way, and keeps no log. */
function laneOf(stateDir: string, desk: TakingDesk) {
  let last: unknown;
  const redactor = createRedactor([]);
  const log = createLogger({
    ...{ service: 'drylane', level: 'fatal', redactor },
    sink: { write: () => undefined, flush: async () => undefined },
  });
  const dispatcher: Dispatcher = {
    async claim(run, asked) {
      try {
        await desk.take(run, asked);
        return { result: 'claimed' };
      } catch (fault) {
        last = fault;
        const heard = isRefusal(fault) ? await isClaimed(desk, run, asked) : undefined;
        // What was heard the first time may be refused the second, as where a token was revoked in between.
        if (heard === true) return { result: 'claimed' };
        if (heard === false) return { result: 'refused', status: 0 };
        return { result: 'unknown', why: 'the dispatcher did not say whether it heard the claim' };
      }
    },
    async settle(run, landed) {
      try {
        await desk.tell(run, toldOf(landed));
        return 'told';
      } catch (fault) {
        last = fault;
        const stands = isRefusal(fault) ? await isClaimed(desk, run, landed) : undefined;
        // Where somebody may not tell of a claim, it may be another's token; where none stands, nobody waits.
        return stands === false ? 'settled-before' : 'not-told';
      }
    },
  };
  return { stateDir, notes: openNotes(stateDir), redactor, log, dispatcher, fault: () => last };
}

/** Whether a claim stands in a fleet; undefined where it does not say. */
async function isClaimed(
  desk: TakingDesk,
  run: RunId,
  { owner }: Pick<Claim, 'owner'>,
): Promise<boolean | undefined> {
  const found = await desk.read(run).catch(() => undefined);
  return found && found.state === 'promoting' && found.owner === owner;
}

/** The faults that say that a fleet heard it, and would not have it. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'bad-input',
  'not-found',
  'not-promotable',
  'approval-needed',
  'illegal-transition',
]);

const isRefusal = (fault: unknown): boolean => fault instanceof DrylaneError && REFUSALS.has(fault.code);

function untold(run: RunId, fleet: string, cause: unknown): DrylaneError {
  const [why] = cause instanceof DrylaneError ? cause.problems : [];
  const message = 'was taken before, and its fleet does not know yet what became of that';
  return new DrylaneError(
    'unavailable',
    {
      field: run,
      message: why === undefined ? message : `${message}: ${why.message}`,
      mend: `tell it, with the token of that time: drylane recover --url ${quote(fleet)}`,
    },
    { cause },
  );
}
