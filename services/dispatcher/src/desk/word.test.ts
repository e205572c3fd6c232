import { digestOfJson } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { Policy } from '@drylane/proto/policy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asked, openPlace, type Place, stateOf, taken } from '../dispatch/fleet.fixture.ts';
import { keeper } from '../dispatch/keeper.ts';
import { advanceLine } from '../dispatch/line.ts';
import { settleWork } from '../dispatch/settle.ts';
import { compareWork, rehearseWork } from '../http/rehearsal.fixture.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Desk } from './desk.ts';
import { decideRun } from './word.ts';

const policy = Policy.parse({
  version: 1,
  approvals: { live: { from: 'low', quorum: 2 } },
  workspaces: { roots: ['/srv'] },
});

let at: Place;
beforeEach(async () => {
  at = await openPlace();
  const { blobs } = at.fleet.desk;
  const loaded = { policy, digest: digestOfJson(policy), rules: [], tests: [], shipped: false };
  at.fleet = { ...at.fleet, policy: loaded, keepPolicy: keeper(blobs, policy) };
  const options = { concurrency: 1 };
  at.transport.serve('rehearse', rehearseWork(blobs), options);
  at.transport.serve('compare', compareWork(blobs), options);
  at.transport.serve('settle', settleWork(at.fleet), options);
});
afterEach(async () => at[Symbol.asyncDispose]());

/** A desk at which nobody's word is kept before as many have looked at the run. */
function crowded(desk: Desk, people: number): Desk {
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  const append: Ledger['append'] = async (...added) => {
    arrived += 1;
    if (arrived === people) all.resolve();
    await all.promise;
    return desk.ledger.append(...added);
  };
  return { ...desk, ledger: { ...desk.ledger, append } };
}

/** A run that lands when two people agree. */
async function waiting() {
  const id = RunId.parse(await taken(at, asked()));
  await advanceLine(at.fleet);
  const waits = (state: string): boolean => state === 'awaiting-live-approval';
  expect(await stateOf(at, id, waits)).toBe('awaiting-live-approval');
  return id;
}

const agrees = (desk: Desk, id: RunId, name: string) =>
  decideRun(desk, id, {
    ...{ decision: 'approve', comment: null },
    approver: { id: name, proof: 'token' },
  });

describe('words that come at the same moment', () => {
  it('are counted together', async () => {
    const { desk } = at.fleet;
    const id = await waiting();
    const busy = crowded(desk, 2);
    const heard = await Promise.all(['token:ada', 'token:bob'].map((name) => agrees(busy, id, name)));
    expect((await desk.ledger.readRun(id)).run.state).toBe('promotable');
    expect(heard).toContainEqual({ run: id, state: 'promotable', missing: 0 });
  });
});

describe('a quorum', () => {
  it('is not made by one person twice, at one moment neither, nor by a word on another lane', async () => {
    const { desk } = at.fleet;
    const id = await waiting();
    const busy = crowded(desk, 2);
    const twice = await Promise.allSettled([1, 2].map(() => agrees(busy, id, 'token:ada')));
    expect(twice.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(agrees(desk, id, 'token:ada')).rejects.toMatchObject({
      code: 'not-promotable',
      problems: [{ field: 'approver', message: 'has approved it already, and counts once' }],
    });
    const { run, events } = await desk.ledger.readRun(id);
    const [given] = events.flatMap(({ event }) => (event.type === 'approved' ? [event.approval] : []));
    if (given === undefined) throw new Error('ada has agreed');
    const other = { ...given, lane: 'rehearsal', approver: { id: 'token:eve', proof: 'token' } } as const;
    const elsewhere = desk.ledger.append(
      id,
      [{ type: 'approved', approval: other, sticky_key: null }],
      Date.now(),
    );
    await expect(elsewhere).rejects.toMatchObject({ code: 'illegal-transition' });
    expect(run.state).toBe('awaiting-live-approval');
    expect(await agrees(desk, id, 'token:bob')).toEqual({ run: id, state: 'promotable', missing: 0 });
  });
});
