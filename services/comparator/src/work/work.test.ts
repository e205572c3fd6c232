import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { keepDocument } from '@drylane/chassis/blobs/documents';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import type { Before, Json, Job as QueuedJob } from '@drylane/chassis/transport/transport';
import { digestOf, digestOfJson } from '@drylane/proto/digest';
import type { Evidence } from '@drylane/proto/evidence';
import { blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import { runId } from '@drylane/proto/ids';
import { limitValues } from '@drylane/proto/limits';
import { Policy } from '@drylane/proto/policy';
import { type PromotionTask, type RehearsalTask, taskLimits } from '@drylane/proto/task';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWork } from './work.ts';

const RUN = runId(1_700_000_000_000, new Uint8Array(10));
const PARSED = Policy.parse({
  version: 1,
  severities: { 'expected-write-missing': 'hold' },
  rules: [
    {
      ...{ name: 'lockfile', severity: 'hold', message: 'a lockfile changed' },
      when: 'evidence.changes.exists(c, c.path.endsWith(".lock"))',
    },
  ],
});
const POLICY = digestOfJson(PARSED);
const CHANGES = digestOf('changes');
const RISK = {
  ...{ score: 0, level: 'low' as const, reasons: [], programs: [], opaque: false, parsed: true },
  dimensions: { write: 0, network: 0, credential: 0, blast_radius: 0 },
};
const TASK: RehearsalTask = {
  run: RUN,
  envelope: { command: 'make', working_dir: '/w', intent: { mode: 'mutating', expected_writes: ['a.txt'] } },
  ...{ policy: POLICY, command: 'make', shell: 'bash', image: 'drylane/sandbox', env: {}, mocks: {} },
  ...{
    source: { path: '/w' },
    workspace: '/w',
    working_dir: '/w',
    promotion: 'auto',
    seal_to: [],
    risk: RISK,
  },
  limits: taskLimits(limitValues({})),
  allowed: {
    ...{ mode: 'mutating', expected_writes: ['a.txt'], forbidden_paths: [], network: [], credentials: [] },
    expected_exit: [0],
  },
};

let directory: string;
let blobs: Blobs;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-compare-'));
  blobs = fileBlobs(directory);
  await keepDocument(blobs, PARSED);
});
afterEach(() => rmSync(directory, { recursive: true }));

const PATCH = { digest: digestOf('patch'), size: 5 };
const EXPECTED = blankChange('a.txt');
const SURPRISE = blankChange('b.txt', { class: 'surprise' });

async function rehearsed(evidence: Evidence): Promise<Before> {
  const [kept, patches] = [await keepDocument(blobs, evidence), await keepDocument(blobs, [])];
  const answer = { ok: true, evidence: kept, patches, change_set: CHANGES, raw_output: null, place: null };
  return { ok: true, value: { ...answer, patch: PATCH, commit: 'a'.repeat(40), took_ms: 1 } };
}

/** What a comparator answers to what came before. */
async function answer(
  before: Before,
  lane: 'rehearsal' | 'live' = 'rehearsal',
  task?: object,
): Promise<Json> {
  const data = { run: RUN, lane, task: await keepDocument(blobs, task ?? TASK) };
  const { signal } = new AbortController();
  const job: QueuedJob = { flow: RUN, data, before, attempt: 1, trace: null, signal };
  return compareWork(blobs, () => {})(job);
}

describe('a comparator', () => {
  it('decides by the evidence, the task and nothing else', async () => {
    expect(await answer(await rehearsed(blankEvidence({ changes: [EXPECTED] })))).toMatchObject({
      ok: true,
      rehearsed: { patch: PATCH, commit: 'a'.repeat(40) },
      decision: { verdict: 'promote', policy_digest: POLICY, change_set_digest: CHANGES },
    });
  });

  it('asks the rules of the policy that the run was let in under, and of no other', async () => {
    const locked = blankChange('a.lock');
    const allowed = { ...TASK.allowed, expected_writes: ['*.lock'] };
    const before = await rehearsed(blankEvidence({ changes: [locked] }));
    expect(await answer(before, 'rehearsal', { ...TASK, allowed })).toMatchObject({
      decision: { verdict: 'hold', findings: [{ rule: 'lockfile', message: 'a lockfile changed' }] },
    });
    const bare = await keepDocument(blobs, Policy.parse({ version: 1 }));
    expect(await answer(before, 'rehearsal', { ...TASK, allowed, policy: bare })).toMatchObject({
      decision: { verdict: 'promote', findings: [] },
    });
  });

  it('lets a built-in finding weigh what the policy says, where that is more', async () => {
    expect(await answer(await rehearsed(blankEvidence({})))).toMatchObject({
      decision: { verdict: 'hold', findings: [{ rule: 'expected-write-missing', severity: 'hold' }] },
    });
  });

  it('decides nothing where the policy is not there, or has a rule that it does not understand', async () => {
    const before = await rehearsed(blankEvidence({ changes: [EXPECTED] }));
    await expect(answer(before, 'rehearsal', { ...TASK, policy: digestOf('gone') })).rejects.toThrow();
    const rule = { name: 'new', when: 'evidence.later', severity: 'note', message: 'm' };
    const policy = await keepDocument(blobs, { ...PARSED, rules: [rule] });
    await expect(answer(before, 'rehearsal', { ...TASK, policy })).rejects.toThrow(/does not|not one that/);
  });

  it('tells nobody where the contents of a run are that cannot land', async () => {
    const blocked = await answer(await rehearsed(blankEvidence({ changes: [EXPECTED, SURPRISE] })));
    expect(blocked).toMatchObject({
      decision: { verdict: 'block', change_set_digest: null },
      rehearsed: { change_set: null, patch: null },
    });
  });

  it.each([
    ['what a worker could not do', { ok: true, value: { ok: false, reason: 'no image' } }, 'no image'],
    ['a worker that died', { ok: false, reason: 'it was begun twice' }, 'it was begun twice'],
    ['what nobody understands', { ok: true, value: { ok: true } }, 'nobody understands'],
    ['nothing at all', null, 'nobody rehearsed it'],
  ] as const)('hands on %s', async (_, before, reason) => {
    expect(await answer(before)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('fails where the evidence is not that of its digest, so that nothing is decided', async () => {
    const value = { ok: true, evidence: digestOf('gone'), patches: CHANGES, change_set: null };
    const before = {
      ok: true,
      value: { ...value, patch: null, raw_output: null, place: null, commit: null, took_ms: 1 },
    } as const;
    await expect(answer(before)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a command that ran again', () => {
  /** What is answered where the live run did this and its rehearsal that. */
  async function weighed(live: Evidence, rehearsal: Evidence): Promise<Json> {
    const task: PromotionTask = {
      ...{ run: RUN, mode: 'rerun', bound: digestOf('bound'), change_set: CHANGES, credentials: {} },
      rehearsal: await keepDocument(blobs, TASK),
      place: { path: '/w', dev: '1', ino: '2', fingerprint: null },
      evidence: await keepDocument(blobs, rehearsal),
      judgement: digestOf('judgement'),
    };
    const ran = { result: 'ran', evidence: await keepDocument(blobs, live), change_set: CHANGES, owner: 'w' };
    return answer({ ok: true, value: ran }, 'live', task);
  }

  it('did not diverge where it did what its rehearsal did', async () => {
    const evidence = blankEvidence({ changes: [EXPECTED] });
    expect(await weighed(evidence, evidence)).toMatchObject({ ran: { owner: 'w' }, divergences: [] });
  });

  it('diverged where it did more', async () => {
    const [live, rehearsal] = [
      blankEvidence({ changes: [EXPECTED, SURPRISE] }),
      blankEvidence({ changes: [EXPECTED] }),
    ];
    const { divergences } = (await weighed(live, rehearsal)) as { divergences: Json[] };
    expect(divergences.length).toBeGreaterThan(0);
  });

  it('is handed on where it has ended, and nobody speaks for one that said nothing', async () => {
    const landed = { result: 'untouched', reason: 'not claimed', owner: 'w' };
    expect(await answer({ ok: true, value: landed }, 'live')).toEqual({ landed });
    for (const before of [
      null,
      { ok: false, reason: 'lost' },
      { ok: true, value: { result: 'ran' } },
    ] as const)
      await expect(answer(before, 'live')).rejects.toThrow();
  });
});
