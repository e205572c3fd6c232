import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import type { Claim, Landed } from '@drylane/proto/task';
import { reasonFor } from './faults.ts';
import type { LiveLane } from './lane.ts';
import type { ClaimNote } from './notes.ts';
import { endOf } from './telling.ts';

const AGAIN_MS = 1_000;
/** What workers answered is settled for as long. */
const AWAY_MS = 900_000;

/** Claims a run, which is noted first. The answer is what to say where it was not claimed; then nothing may be touched. */
export async function claim(
  lane: Pick<LiveLane, 'log' | 'notes' | 'dispatcher'>,
  note: ClaimNote,
  bound: Digest,
): Promise<Landed | undefined> {
  const { log, notes, dispatcher } = lane;
  const { run, owner, mode } = note;
  notes.write(note);
  const answer = await dispatcher.claim(run, { owner, mode, bound });
  log.info('a claim was made', { claim: answer });
  if (answer.result === 'claimed') {
    notes.write({ ...note, heard: true });
    return undefined;
  }
  if (answer.result === 'refused') {
    notes.forget(run);
    return {
      result: 'untouched',
      reason: `the dispatcher did not let it be claimed (${answer.status})`,
      owner,
    };
  }
  // If the claim was heard after all, the note gives it back as soon as somebody listens.
  notes.write({ ...note, landed: { result: 'rolled-back', reason: answer.why, owner } });
  return { result: 'untouched', reason: answer.why, owner };
}

/**
 * Whether a run is still claimed under a name, as its command has run for real. While nobody answers it is asked again, as
 * long as answers are settled: only the dispatcher knows, and what was done must not be lost because that is away.
 */
export async function isStillClaimed(
  { dispatcher, log }: Pick<LiveLane, 'dispatcher' | 'log'>,
  run: RunId,
  { signal, ...claimed }: Claim & { readonly signal: AbortSignal },
): Promise<boolean> {
  for (const giveUp = Date.now() + AWAY_MS; ; ) {
    const answer = await dispatcher.claim(run, claimed);
    log.info('a claim was made again', { claim: answer });
    if (answer.result !== 'unknown') return answer.result === 'claimed';
    if (signal.aborted || Date.now() > giveUp) return false;
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Does with a claimed run what there is to do, and notes how that ended before anybody is told. */
export async function settleBy(
  lane: Pick<LiveLane, 'log' | 'notes' | 'stateDir' | 'redactor'>,
  note: ClaimNote,
  act: () => Promise<Promotion>,
): Promise<Landed> {
  const { owner } = note;
  let landed: Landed;
  try {
    landed = { result: 'ended', promotion: await act(), owner };
  } catch (fault) {
    lane.log.error('a promotion failed', { fault });
    // Whatever went wrong, the journal says what of the files landed.
    landed = await endOf(lane.stateDir, note, reasonFor(fault, lane.redactor));
  }
  lane.notes.write({ ...note, heard: true, landed });
  return landed;
}
