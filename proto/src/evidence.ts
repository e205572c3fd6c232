import { z } from 'zod';
import { PathClass } from './paths.ts';

const count = z.int().min(0);
const step = z.int().min(0).nullable().describe('Index of the step, from 0; null where it cannot be told');

export const CHANGE_KINDS = ['added', 'modified', 'deleted', 'mode', 'type'] as const;
export const FILE_TYPES = ['file', 'dir', 'symlink', 'fifo', 'socket', 'device'] as const;

export const ChangeKind = z.enum(CHANGE_KINDS);
export type ChangeKind = z.infer<typeof ChangeKind>;

export const FileType = z.enum(FILE_TYPES);
export type FileType = z.infer<typeof FileType>;

/** What stood at a path: enough to know it again. */
export const FileState = z.strictObject({
  type: FileType,
  size: count.describe('Bytes; 0 for what is not a regular file'),
  mode: z
    .string()
    .regex(/^[0-7]{4}$/)
    .describe('Permission bits, octal'),
  uid: count,
  gid: count,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .describe('Of a regular file'),
  target: z.string().nullable().describe('Of a symbolic link, escaped like a path'),
});
export type FileState = z.infer<typeof FileState>;

/** One path of the workspace that is not as it was. A rename is a deletion and an addition. */
export const Change = z.strictObject({
  path: z
    .string()
    .describe('Relative to the workspace; bytes that are not UTF-8 as \\xHH, a backslash doubled'),
  kind: ChangeKind,
  type: FileType.describe('What stands there now, or what stood there if it was deleted'),
  class: PathClass,
  step,
  before: FileState.nullable(),
  after: FileState.nullable(),
  binary: z.boolean(),
  additions: count.nullable().describe('Lines added; null for what has no lines, or too many to count'),
  deletions: count.nullable(),
  entries: count.min(1).describe('More than 1: a directory with all below it, as one change'),
});
export type Change = z.infer<typeof Change>;

/** A change of the container's own files, outside the workspace. */
export const OutsideChange = z.strictObject({
  path: z.string(),
  kind: z.enum(['added', 'modified', 'deleted']),
});
export type OutsideChange = z.infer<typeof OutsideChange>;

/** A path whose change cannot be promoted, whoever approves it. */
export const Unpromotable = z.strictObject({
  path: z.string(),
  why: z.string().describe('In words for a person'),
});
export type Unpromotable = z.infer<typeof Unpromotable>;

/** One pipeline of the command, and what became of it. */
export const StepEvidence = z.strictObject({
  index: count,
  text: z.string(),
  operator: z.enum(['&&', '||', ';', '&']).nullable().describe('What joins it to the step before'),
  ran: z.boolean(),
  exit_code: z.int().nullable(),
  pipe_status: z.array(z.int()),
  duration_ms: z.number().min(0),
  changes: z.array(z.string()).describe('Paths whose content this step touched, whoever touched them last'),
  opaque: z.boolean(),
});
export type StepEvidence = z.infer<typeof StepEvidence>;

/** One of the two output streams, scrubbed; the middle is left out where it was too long. */
export const CapturedOutput = z.strictObject({
  text: z.string(),
  bytes: count.describe('What the command wrote, kept or not'),
  truncated: z.boolean(),
  redactions: count,
});
export type CapturedOutput = z.infer<typeof CapturedOutput>;

export const NetworkAttempt = z.strictObject({
  step,
  program: z.string(),
  protocol: z.enum(['dns', 'tcp', 'udp', 'unix']),
  host: z.string().nullable(),
  address: z.string().nullable(),
  port: count.nullable(),
  declared: z.boolean(),
});
export type NetworkAttempt = z.infer<typeof NetworkAttempt>;

export const ProcessEvidence = z.strictObject({
  pid: count,
  parent: count,
  argv: z.array(z.string()),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  step,
  duration_ms: z.number().min(0).nullable().describe('Null when it did not end'),
});
export type ProcessEvidence = z.infer<typeof ProcessEvidence>;

export const PrivilegedAttempt = z.strictObject({ syscall: z.string(), program: z.string(), step });
export type PrivilegedAttempt = z.infer<typeof PrivilegedAttempt>;

export const LeftoverProcess = z.strictObject({ pid: count, argv: z.array(z.string()) });
export type LeftoverProcess = z.infer<typeof LeftoverProcess>;

export const CanaryLeak = z.strictObject({
  credential: z.string(),
  where: z.enum(['stdout', 'stderr', 'change', 'argv', 'environment', 'network']),
  path: z.string().nullable(),
  step,
});
export type CanaryLeak = z.infer<typeof CanaryLeak>;

/** In what the sandbox differs from the real thing. */
export const Fidelity = z.strictObject({
  network: z.enum(['none', 'allowlist']),
  runtime: z.string(),
  image: z.string().describe('The image that ran, by digest'),
  user: z.string().regex(/^\d+:\d+$/),
  mocked_credentials: z.array(z.string()),
  stripped_env: z.array(z.string()),
  absent_mounts: z
    .array(z.string())
    .describe('File systems mounted inside the workspace; the sandbox did not see them'),
  unobserved: z.array(z.string()).describe('What could happen in there without leaving evidence'),
});
export type Fidelity = z.infer<typeof Fidelity>;

export const Resources = z.strictObject({
  cpu_ms: z.number().min(0).nullable(),
  memory_peak_bytes: count.nullable(),
  disk_bytes: count.nullable().describe('Taken by what the command wrote into the workspace'),
  processes_peak: count.nullable(),
});
export type Resources = z.infer<typeof Resources>;

/** Everything a rehearsal observed, redacted. */
export const Evidence = z.strictObject({
  exit_code: z.int().nullable().describe('Null when the command was stopped from outside'),
  signal: z.string().nullable(),
  timed_out: z.boolean(),
  oom_killed: z.boolean(),
  disk_full: z.boolean(),
  pids_exhausted: z.boolean(),
  duration_ms: z.number().min(0),
  complete: z.boolean().describe('False: something may have happened that is not written here'),
  steps: z.array(StepEvidence),
  changes: z.array(Change),
  outside: z.array(OutsideChange),
  unpromotable: z.array(Unpromotable),
  network: z.array(NetworkAttempt),
  processes: z.array(ProcessEvidence),
  privileged: z.array(PrivilegedAttempt),
  leftovers: z.array(LeftoverProcess),
  canaries: z.array(CanaryLeak),
  stdout: CapturedOutput,
  stderr: CapturedOutput,
  fidelity: Fidelity,
  resources: Resources,
});
export type Evidence = z.infer<typeof Evidence>;
