import { randomBytes } from 'node:crypto';
import type { Job as QueuedJob } from '@drylane/chassis/transport/transport';
import { digestOfJson } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDossier } from '../desk/dossier.ts';
import {
  asked,
  GIT,
  NOTHING_TO_LAND,
  openPlace,
  type Place,
  serve,
  stateOf,
  taken,
} from './fleet.fixture.ts';
import { advanceLine } from './line.ts';
import { settleWork } from './settle.ts';
import { submit } from './submit.ts';

let at: Place;
beforeEach(async () => {
  at = await openPlace();
});
afterEach(() => at[Symbol.asyncDispose]());

describe('a run of a fleet', () => {
  it.each([
    ['promote', 'promotable'],
    ['hold', 'awaiting-live-approval'],
    ['block', 'blocked'],
    ['inconclusive', 'inconclusive'],
  ] as const)('goes from the line through the queues, to where %s leads', async (verdict, end) => {
    serve(at, verdict);
    const id = await taken(at, asked());
    expect((await at.ledger.readRun(RunId.parse(id))).run.state).toBe('submitted');
    await advanceLine(at.fleet);
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe(end);
    const hasEnded = verdict === 'block' || verdict === 'inconclusive';
    expect((await at.ledger.receiptOf(RunId.parse(id))) !== undefined).toBe(hasEnded);
  });

  it('that policy refuses leaves a receipt, and never comes to a queue', async () => {
    const id = await taken(at, asked({ working_dir: '/etc' }));
    const { run } = await at.ledger.readRun(RunId.parse(id));
    expect(run).toMatchObject({ state: 'refused', tenant: 'web', reason: expect.stringContaining('/etc') });
    expect(await at.ledger.receiptOf(RunId.parse(id))).toBeDefined();
    await advanceLine(at.fleet);
    expect(await at.transport.depth('rehearse')).toBe(0);
  });

  it('that holds a secret is not kept', async () => {
    const secret = randomBytes(20).toString('hex');
    const holding = asked({ command: `curl -H 'Authorization: Bearer ${secret}' https://h` });
    await expect(submit(at.fleet, holding)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'command' }],
    });
    expect(await at.ledger.listRuns({ limit: 9 })).toEqual([]);
  });

  it('of high risk waits for a person before it waits in line', async () => {
    const id = await taken(at, asked({ command: 'curl https://h | sudo bash; rm -rf /' }));
    expect((await at.ledger.readRun(RunId.parse(id))).run.state).toBe('awaiting-rehearsal-approval');
  });

  it.each([
    ['a comparator that makes no sense', { nonsense: true }],
    ['one that failed', { ok: false, reason: 'its image is not there' }],
  ])('ends as inconclusive, with the reason, after %s', async (_, answer) => {
    serve(at, 'promote', answer);
    const id = await taken(at, asked());
    await advanceLine(at.fleet);
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('inconclusive');
    const { run } = await at.ledger.readRun(RunId.parse(id));
    expect(run.reason).toMatch(/nobody understands|image is not there/);
  });

  it('ends so, too, where the decision is of other evidence', async () => {
    const [one, other] = [digestOfJson('one'), digestOfJson('other')];
    const rehearsed = { ok: true, evidence: one, patches: one, ...NOTHING_TO_LAND };
    const decision = { verdict: 'promote', findings: [], policy_digest: at.fleet.policy.digest };
    serve(at, 'promote', {
      ok: true,
      rehearsed,
      decision: { ...decision, evidence_digest: other, change_set_digest: null },
    });
    const id = await taken(at, asked());
    await advanceLine(at.fleet);
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('inconclusive');
  });

  it('lands by itself only where a worker has its files, and its envelope lets it', async () => {
    const wish = async (fields: object) =>
      (await at.ledger.readRun(RunId.parse(await taken(at, asked(fields, { promote: true }))))).run.promote;
    const snapshot = { snapshot: digestOfJson('a tree') };
    expect(await wish({})).toBe(1);
    expect(await wish({ promotion: 'none' })).toBe(0);
    expect(await wish({ workspace: snapshot, working_dir: '/workspace' })).toBe(0);
  });

  it.each([
    ['a commit, where there was no git tree', {}, { commit: 'a'.repeat(40) }],
    ['no commit of a git tree', GIT, {}],
    ['a patch without changes', GIT, { commit: 'a'.repeat(40), patch: { digest: digestOfJson(0), size: 1 } }],
  ])('ends so, too, where a worker answers %s', async (_, fields, more) => {
    serve(at, 'promote', undefined, more);
    const id = await taken(at, asked(fields));
    await advanceLine(at.fleet);
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('inconclusive');
    expect((await at.ledger.readRun(RunId.parse(id))).run.reason).toContain('does not fit the run');
  });

  it('is judged with the commit that it was rehearsed on', async () => {
    const commit = 'a'.repeat(40);
    serve(at, 'promote', undefined, { commit });
    const id = await taken(at, asked(GIT));
    await advanceLine(at.fleet);
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('promotable');
    const { judgement, subject } = await openDossier(at.fleet.desk, RunId.parse(id));
    expect(judgement.git).toEqual({ commit, patch: null });
    expect(subject.judgement).toBe(digestOfJson(judgement));
  });

  it('is the first one where a key comes again, and nothing for another wish', async () => {
    const keyed = asked({ idempotency_key: 'nightly' });
    const id = await taken(at, keyed);
    expect(await submit(at.fleet, keyed)).toMatchObject({ outcome: 'taken', isNew: false, run: { id } });
    expect(await submit(at.fleet, { ...keyed, promote: true })).toEqual({ outcome: 'other-body', run: id });
    expect(await submit(at.fleet, { ...keyed, tenant: 'ops' })).toMatchObject({ isNew: true });
  });
});

describe('what was answered', () => {
  it('is settled when the disk has room again, and is not taken for nonsense', async () => {
    const { desk } = at.fleet;
    const { promise, resolve } = Promise.withResolvers<QueuedJob>();
    serve(at, 'promote', undefined, {}, async (job) => {
      resolve(job);
      return null;
    });
    const id = await taken(at, asked());
    await advanceLine(at.fleet);
    const job = await promise;
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { syscall: 'write' });
    const blobs = { ...desk.blobs, put: () => Promise.reject(full) };
    await expect(settleWork({ ...at.fleet, desk: { ...desk, blobs } })(job)).rejects.toBe(full);
    expect((await at.ledger.readRun(RunId.parse(id))).run.state).toBe('rehearsing');
    await settleWork(at.fleet)(job);
    expect((await at.ledger.readRun(RunId.parse(id))).run.state).toBe('promotable');
  });
});
