import { bindingOf } from '@drylane/proto/approval';
import type { Digest } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';
import { Receipt } from '@drylane/proto/receipt';
import type { Told } from '@drylane/proto/told';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../access/access.ts';
import { openDossier } from '../desk/dossier.ts';
import { asked, openPlace, type Place } from '../dispatch/fleet.fixture.ts';
import { claimingOf } from './claiming.ts';
import { rehearsedRun } from './landable.fixture.ts';
import { landingOf } from './landing.ts';

const who = (name: string): Principal => ({ id: `token:${name}`, via: 'token', grants: [] });
const OWNER = who('owner');
const WORKER = who('worker');
const NOTHING = { merged: [], drifts: [], conflicts: [], evidence_digest: null };

let at: Place;
let fleet: ReturnType<typeof claimingOf>;
beforeEach(async () => {
  at = await openPlace();
  fleet = claimingOf(at.fleet);
});
afterEach(() => at[Symbol.asyncDispose]());

const boundOf = async (id: RunId): Promise<Digest> =>
  bindingOf((await openDossier(at.fleet.desk, id)).subject);
const claimOf = async (id: RunId, owner = 'here.1') =>
  ({ owner, mode: 'apply', bound: await boundOf(id) }) as const;
const ended = (result: 'promoted' | 'drifted' | 'unknown', owner = 'here.1', more: object = {}): Told => ({
  ...{ result: 'ended', owner },
  promotion: { ...NOTHING, mode: 'apply', result, divergences: [], ...more },
});
const stateOf = async (id: RunId): Promise<string> => (await at.ledger.readRun(id)).run.state;
const PATH = asked().envelope;

describe('a run on a snapshot', () => {
  it.each(['promoted', 'drifted', 'unknown'] as const)(
    'is taken by whoever has its files, and ends as %s in their word, with a receipt that says whose',
    async (result) => {
      const id = await rehearsedRun(at);
      expect(await fleet.take(OWNER, id, await claimOf(id))).toMatchObject({ state: 'promoting' });
      expect(await fleet.tell(OWNER, id, ended(result))).toMatchObject({ state: result });
      const signed = await at.ledger.receiptOf(id);
      const { predicate } = Receipt.parse(
        JSON.parse(Buffer.from(signed?.payload ?? '', 'base64').toString()),
      );
      expect(predicate.promotion).toMatchObject({ mode: 'apply', result, claimant: 'token:owner' });
    },
  );

  it('is taken once, however many try at the same moment, and landed once', async () => {
    const id = await rehearsedRun(at);
    const claims = await Promise.all([1, 2, 3, 4].map((n) => claimOf(id, `here.${n}`)));
    const tried = await Promise.allSettled(claims.map((claim) => fleet.take(OWNER, id, claim)));
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { owner } = (await at.ledger.readRun(id)).run;
    for (const claim of claims.filter((one) => one.owner !== owner))
      await expect(fleet.tell(OWNER, id, ended('promoted', claim.owner))).rejects.toThrow('not by you');
    await fleet.tell(OWNER, id, ended('promoted', owner));
    await expect(fleet.take(OWNER, id, await claimOf(id, 'here.5'))).rejects.toMatchObject({
      message: expect.stringContaining('has landed already'),
    });
  });

  it('can be asked for twice, and told of twice, where an answer was lost', async () => {
    const id = await rehearsedRun(at);
    const claim = await claimOf(id);
    for (const _ of [1, 2]) expect((await fleet.take(OWNER, id, claim)).state).toBe('promoting');
    for (const _ of [1, 2]) expect((await fleet.tell(OWNER, id, ended('promoted'))).state).toBe('promoted');
    const { events } = await at.ledger.readRun(id);
    expect(events.filter(({ event }) => ['claimed', 'settled'].includes(event.type))).toHaveLength(2);
  });

  it('that is given back may be taken again, but not for ever', async () => {
    const id = await rehearsedRun(at);
    const back = (owner: string): Told => ({ result: 'rolled-back', reason: 'full', owner });
    for (let n = 0; n < 20; n++) {
      const claim = await claimOf(id, `here.${n}`);
      await fleet.take(OWNER, id, claim);
      // An answer that was lost is no claim of its own.
      if (n === 19) await fleet.take(OWNER, id, claim);
      expect(await fleet.tell(OWNER, id, back(claim.owner))).toMatchObject({ state: 'promotable' });
    }
    await expect(fleet.take(OWNER, id, await claimOf(id))).rejects.toThrow('was taken 20 times');
  });

  it('is nobody’s who did not take it, and no worker’s at all', async () => {
    const id = await rehearsedRun(at);
    await expect(fleet.claim(WORKER, id, await claimOf(id))).rejects.toThrow('no directory of a worker');
    await fleet.take(OWNER, id, await claimOf(id));
    await expect(fleet.tell(who('other'), id, ended('promoted'))).rejects.toThrow('not by you');
    expect(await stateOf(id)).toBe('promoting');
  });

  it('that waits for a person is not to be taken, nor one of which something else was shown', async () => {
    const held = await rehearsedRun(at, { verdict: 'hold' });
    await expect(fleet.take(OWNER, held, await claimOf(held))).rejects.toMatchObject({
      code: 'approval-needed',
    });
    const id = await rehearsedRun(at);
    const other = { ...(await claimOf(id)), bound: await boundOf(held) };
    await expect(fleet.take(OWNER, id, other)).rejects.toThrow('is not what it was claimed as');
    const again = { ...(await claimOf(id)), mode: 'rerun' } as const;
    await expect(fleet.take(OWNER, id, again)).rejects.toThrow('would have to run again');
    const blocked = await rehearsedRun(at, { verdict: 'block' });
    await expect(fleet.take(OWNER, blocked, await claimOf(blocked))).rejects.toThrow('is blocked');
  });

  it('is taken or cancelled, whoever is first, and never both', async () => {
    const id = await rehearsedRun(at);
    const claim = await claimOf(id);
    const both = [fleet.take(OWNER, id, claim), landingOf(at.fleet).cancel(OWNER, id)];
    const tried = await Promise.allSettled(both);
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await stateOf(id)).toBe(tried[0]?.status === 'fulfilled' ? 'promoting' : 'cancelled');
  });

  it('that was cancelled is told so, and not cancelled again', async () => {
    const id = await rehearsedRun(at);
    await landingOf(at.fleet).cancel(OWNER, id);
    const again = { code: 'not-promotable', problems: [{ field: id, message: 'was cancelled' }] };
    await expect(landingOf(at.fleet).cancel(OWNER, id)).rejects.toMatchObject(again);
  });

  it('keeps no secret that somebody writes into what they say', async () => {
    const id = await rehearsedRun(at);
    await fleet.take(OWNER, id, await claimOf(id));
    const secret = `ghp_${'a1B2'.repeat(9)}`;
    const drifts = [{ path: 'a', expected: `token ${secret}`, found: 'nothing' }];
    await fleet.tell(OWNER, id, ended('drifted', 'here.1', { drifts }));
    const { outcome } = await openDossier(at.fleet.desk, id);
    const kept = Buffer.from(await at.fleet.desk.blobs.get(outcome ?? 'sha256:')).toString();
    expect(kept).toContain('"path":"a"');
    expect(kept).not.toContain(secret);
  });
});

describe('a run on a directory of the fleet', () => {
  it('is a worker’s alone', async () => {
    const id = await rehearsedRun(at, { fields: { working_dir: PATH.working_dir } });
    await expect(fleet.take(OWNER, id, await claimOf(id))).rejects.toThrow('a directory of the fleet');
    await fleet.claim(WORKER, id, await claimOf(id));
    await expect(fleet.tell(WORKER, id, ended('promoted'))).rejects.toThrow('a directory of the fleet');
    await fleet.settle(WORKER, id, ended('promoted'));
    expect(await stateOf(id)).toBe('promoted');
  });
});
