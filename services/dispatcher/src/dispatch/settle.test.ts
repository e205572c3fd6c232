import { type Digest, digestOf } from '@drylane/proto/digest';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import { RunId } from '@drylane/proto/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keep, recall } from '../desk/record.ts';
import { asked, NOTHING_TO_LAND, openPlace, type Place, serve, stateOf, taken } from './fleet.fixture.ts';
import { promotionId } from './flows.ts';
import { advanceLine } from './line.ts';
import { settleWork } from './settle.ts';

let at: Place;
beforeEach(async () => {
  at = await openPlace();
});
afterEach(() => at[Symbol.asyncDispose]());

const bound = digestOf('bound');

/** A run whose command was to run for real, and of which the queue knows nothing more; and the flow that it came from. */
async function silent() {
  serve(at, 'promote');
  const id = RunId.parse(await taken(at, asked()));
  await advanceLine(at.fleet);
  await stateOf(at, id, (now) => now === 'promotable');
  const { run } = await at.ledger.readRun(id);
  const claimed = { type: 'claimed', owner: 'worker.1', mode: 'rerun', bound } as const;
  const moved = { type: 'moved', to: 'promoting', reason: null } as const;
  await at.ledger.append(id, [claimed, moved], run.updated_ms + 1);
  const settle = (attempt: number, flow = promotionId(run)) =>
    settleWork(at.fleet)({
      ...{ flow, attempt, trace: null, signal: AbortSignal.abort() },
      data: { run: id, lane: 'live', task: run.task_digest ?? bound },
      before: { ok: false, reason: 'whoever worked on it did not come to an end' },
    });
  const state = async () => (await at.ledger.readRun(id)).run.state;
  return { id, run, settle, state };
}

describe('a command that was to run for real, of which nothing was answered,', () => {
  it('is waited for, as its worker may tell; then nobody knows what became of it', async () => {
    const { settle, state } = await silent();
    for (const attempt of [1, 15]) await expect(settle(attempt)).rejects.toThrow('may still say');
    expect(await state()).toBe('promoting');
    await settle(16);
    expect(await state()).toBe('unknown');
  });

  it('is no concern of a flow that it was not claimed through', async () => {
    const { run, settle, state } = await silent();
    expect(await settle(16, promotionId({ ...run, updated_ms: run.updated_ms - 1 }))).toBeNull();
    expect(await state()).toBe('promoting');
  });

  it('may run again where its worker says that it never began', async () => {
    const { id, settle, state } = await silent();
    await expect(settle(1)).rejects.toThrow();
    const { updated_ms } = (await at.ledger.readRun(id)).run;
    const back = { type: 'settled', owner: 'worker.1', mode: 'rerun', result: 'rolled-back' } as const;
    const moved = { type: 'moved', to: 'promotable', reason: 'nothing landed' } as const;
    await at.ledger.append(id, [back, moved], updated_ms + 1);
    expect(await settle(16)).toBeNull();
    expect(await state()).toBe('promotable');
  });
});

/** What a comparator would say of a run with this task that may land. */
async function answerOf(digest: Digest) {
  const { blobs } = at.fleet.desk;
  const task = await recall(blobs, 'task', digest);
  const [evidence, patches] = [await keep(blobs, blankEvidence()), await keep(blobs, [])];
  const grounds = { policy_digest: task.policy, evidence_digest: evidence, change_set_digest: null };
  return {
    ok: true as const,
    value: {
      ...{ ok: true, rehearsed: { ok: true, evidence, patches, ...NOTHING_TO_LAND } },
      decision: { verdict: 'promote', findings: [], ...grounds },
    },
  };
}

describe('an answer that comes with the task of another run', () => {
  it('is none of this one', async () => {
    const ids = [RunId.parse(await taken(at, asked())), RunId.parse(await taken(at, asked()))];
    await advanceLine(at.fleet);
    const [one, other] = await Promise.all(ids.map(async (id) => (await at.ledger.readRun(id)).run));
    const before = await answerOf(other?.task_digest ?? bound);
    await settleWork(at.fleet)({
      ...{ flow: ids[0] ?? '', attempt: 1, trace: null, signal: AbortSignal.abort(), before },
      data: { run: ids[0] ?? '', lane: 'rehearsal', task: other?.task_digest ?? bound },
    });
    expect((await at.ledger.readRun(RunId.parse(other?.id))).run.state).toBe('rehearsing');
    expect((await at.ledger.readRun(RunId.parse(one?.id))).run).toMatchObject({
      state: 'inconclusive',
      reason: 'what its worker or comparator answered does not fit the run',
    });
  });
});
