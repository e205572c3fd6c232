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

describe('words that come at the same moment', () => {
  it('are counted together', async () => {
    const { desk } = at.fleet;
    const id = RunId.parse(await taken(at, asked()));
    await advanceLine(at.fleet);
    const waits = (state: string): boolean => state === 'awaiting-live-approval';
    expect(await stateOf(at, id, waits)).toBe('awaiting-live-approval');
    const busy = crowded(desk, 2);
    const heard = await Promise.all(
      ['token:ada', 'token:bob'].map((name) =>
        decideRun(busy, id, {
          ...{ decision: 'approve', comment: null },
          approver: { id: name, proof: 'token' },
        }),
      ),
    );
    expect((await desk.ledger.readRun(id)).run.state).toBe('promotable');
    expect(heard).toContainEqual({ run: id, state: 'promotable', missing: 0 });
  });
});
