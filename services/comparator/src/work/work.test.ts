import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { keepDocument } from '@drylane/chassis/blobs/documents';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import type { Before, Json, Job as QueuedJob } from '@drylane/chassis/transport/transport';
import { digestOf } from '@drylane/proto/digest';
import type { Evidence } from '@drylane/proto/evidence';
import { blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import { runId } from '@drylane/proto/ids';
import { limitValues } from '@drylane/proto/limits';
import { type PromotionTask, type RehearsalTask, taskLimits } from '@drylane/proto/task';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWork } from './work.ts';

const RUN = runId(1_700_000_000_000, new Uint8Array(10));
const POLICY = digestOf('policy');
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
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-compare-'));
  blobs = fileBlobs(directory);
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
