import { digestOfJson } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { Policy } from '@drylane/proto/policy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asked, openPlace, type Place, taken } from '../dispatch/fleet.fixture.ts';
import { rehearseOne } from '../http/rehearsal.fixture.ts';
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
  at.fleet = { ...at.fleet, policy: { policy, digest: digestOfJson(policy), shipped: false } };
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
    const one = asked();
    const id = RunId.parse(await taken(at, one));
    await desk.ledger.append(id, [{ type: 'moved', to: 'rehearsing', reason: null }], Date.now());
    await rehearseOne(desk, id, one, policy);
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
