import { z } from 'zod';
import { Lane, PromotionMode } from './approval.ts';
import { BlobRef } from './change-set.ts';
import { Decision, Finding } from './decision.ts';
import { Digest } from './digest.ts';
import { AbsolutePath, Envelope, ImageReference, NetworkPattern, VariableName } from './envelope.ts';
import { RunId } from './ids.ts';
import type { LimitValues } from './limits.ts';
import { PathPattern } from './paths.ts';
import { Promotion } from './promotion.ts';
import { Risk } from './risk.ts';

/** The queues of a fleet, each named by what is done there, in the order in which a run comes to them. */
export const QUEUES = ['rehearse', 'promote', 'compare', 'land', 'settle'] as const;
export type Queue = (typeof QUEUES)[number];

/** Where the tree of a snapshot or of a git commit stands in the container; `working_dir` lies in it. */
export const TREE_PATH = '/workspace';

/** What a job in a queue carries: everything else is a blob, so that queues stay small however large a run is. */
export const Job = z.strictObject({ run: RunId, lane: Lane, task: Digest });
export type Job = Readonly<z.infer<typeof Job>>;

/** The directory that a command was rehearsed on. */
export const Place = z.strictObject({
  path: z.string().describe('Its real path'),
  dev: z.string().describe('With `ino`: which directory of this machine that is'),
  ino: z.string(),
  fingerprint: Digest.nullable().describe(
    'Of everything in it, for a command that runs again; null for any other',
  ),
});
export type Place = Readonly<z.infer<typeof Place>>;

/** Where the files of a workspace come from. */
export const Source = z.union([
  z.strictObject({ path: AbsolutePath }),
  z.strictObject({ snapshot: Digest }),
  z.strictObject({ git: z.strictObject({ url: z.string(), ref: z.string() }) }),
]);
export type Source = Readonly<z.infer<typeof Source>>;

/** A commit of git, by all of its digits. */
export const Commit = z.string().regex(/^[0-9a-f]{40,64}$/);

const count = z.int().min(0);

/** What a rehearsal may use, in numbers. */
export const TaskLimits = z.strictObject({
  timeout_ms: count,
  memory_bytes: count,
  cpus: z.number().positive(),
  pids: count,
  disk_bytes: count,
  output_bytes: count,
});
export type TaskLimits = Readonly<z.infer<typeof TaskLimits>>;

/** What the command was allowed once policy had its say. */
export const Allowed = z.strictObject({
  mode: z.enum(['read-only', 'mutating']),
  expected_writes: z.array(PathPattern),
  forbidden_paths: z.array(PathPattern),
  network: z.array(NetworkPattern),
  credentials: z.array(VariableName),
  expected_exit: z.array(z.int()),
});
export type Allowed = Readonly<z.infer<typeof Allowed>>;

/** A run as it was let in, for every process that has something to do with its rehearsal. */
export const RehearsalTask = z.strictObject({
  run: RunId,
  submitter: z.string().optional().describe('Left out by a dispatcher that made no patches'),
  envelope: Envelope,
  policy: Digest,
  command: z.string(),
  shell: z.enum(['bash', 'sh']),
  image: ImageReference,
  source: Source,
  workspace: AbsolutePath.describe('The path of the workspace in the container'),
  working_dir: AbsolutePath,
  env: z.record(VariableName, z.string()),
  limits: TaskLimits,
  allowed: Allowed,
  risk: Risk,
  mocks: z.record(VariableName, z.string()).describe('How the made-up value of each credential begins'),
  promotion: z.enum(['auto', 'apply', 'rerun', 'none']),
  seal_to: z.array(z.string()).describe('The age recipients of the raw output; empty: none is kept'),
});
export type RehearsalTask = Readonly<z.infer<typeof RehearsalTask>>;

const Failed = z.strictObject({ ok: z.literal(false), reason: z.string() });

/** What a worker answers after a rehearsal: what it left is in the blobs. */
export const Rehearsed = z.discriminatedUnion('ok', [
  z.strictObject({
    ok: z.literal(true),
    evidence: Digest,
    patches: Digest,
    change_set: Digest.nullable(),
    patch: BlobRef.nullable().describe(
      'What `git am` takes; null for what is no git tree, or where git has no word for it',
    ),
    raw_output: Digest.nullable(),
    place: Place.nullable().describe('Null for a snapshot or a git tree'),
    commit: Commit.nullable().describe('What the ref of a git tree stood for'),
    took_ms: count.describe('From when the worker began to when all of it was kept'),
  }),
  Failed,
]);
export type Rehearsed = Readonly<z.infer<typeof Rehearsed>>;

/** What a comparator answers: what it was told, and what it decided. */
export const Compared = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), rehearsed: Rehearsed.options[0], decision: Decision }),
  Failed,
]);
export type Compared = Readonly<z.infer<typeof Compared>>;

/** A run that is to land, for a worker of the live lane. */
export const PromotionTask = z.strictObject({
  run: RunId,
  mode: PromotionMode,
  bound: Digest.describe('What was approved; a claim says it again'),
  rehearsal: Digest.describe('The task of its rehearsal'),
  place: Place,
  change_set: Digest.nullable(),
  evidence: Digest.describe('Of the rehearsal'),
  judgement: Digest,
  credentials: z
    .record(VariableName, VariableName)
    .describe('For a command that runs again: which variable of the live worker holds each'),
});
export type PromotionTask = Readonly<z.infer<typeof PromotionTask>>;

/** What a live worker answers. `untouched`: it has touched nothing, whether or not its claim was heard. */
export const Landed = z.discriminatedUnion('result', [
  z.strictObject({ result: z.literal('ended'), promotion: Promotion, owner: z.string() }),
  z.strictObject({ result: z.literal('rolled-back'), reason: z.string(), owner: z.string() }),
  z.strictObject({ result: z.literal('untouched'), reason: z.string(), owner: z.string() }),
]);
export type Landed = Readonly<z.infer<typeof Landed>>;

/** What a live worker answers that ran a command again: nothing of it has landed yet, and its claim goes on. */
export const Ran = z.strictObject({
  result: z.literal('ran'),
  evidence: Digest.describe('Of the live run'),
  change_set: Digest.nullable(),
  owner: z.string(),
});
export type Ran = Readonly<z.infer<typeof Ran>>;

/** What comes out of the queue `promote`, for a comparator where a command ran again. */
export const Performed = z.discriminatedUnion('result', [...Landed.options, Ran]);
export type Performed = Readonly<z.infer<typeof Performed>>;

/** What a comparator answers of a command that ran again; where none did, it hands on what it was told. */
export const Weighed = z.union([
  z.strictObject({ ran: Ran, divergences: z.array(Finding) }),
  z.strictObject({ landed: Landed }),
]);
export type Weighed = Readonly<z.infer<typeof Weighed>>;

/** What a live worker says when it takes a run, right before anything is touched. */
export const Claim = z.strictObject({
  owner: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[ -~]*$/, 'must be printable ASCII'),
  mode: PromotionMode,
  bound: Digest,
});
export type Claim = Readonly<z.infer<typeof Claim>>;

/** Limits as they go into a task. */
export function taskLimits(limits: LimitValues): TaskLimits {
  return {
    timeout_ms: limits.timeoutMs,
    memory_bytes: limits.memoryBytes,
    cpus: limits.cpus,
    pids: limits.pids,
    disk_bytes: limits.diskBytes,
    output_bytes: limits.outputBytes,
  };
}

/** And back. */
export function limitsOfTask(limits: TaskLimits): LimitValues {
  return {
    timeoutMs: limits.timeout_ms,
    memoryBytes: limits.memory_bytes,
    cpus: limits.cpus,
    pids: limits.pids,
    diskBytes: limits.disk_bytes,
    outputBytes: limits.output_bytes,
  };
}
