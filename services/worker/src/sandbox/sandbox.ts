import type { KnownSecret } from '@drylane/chassis/redact/known';
import type { Watch } from '@drylane/chassis/redact/watch';
import type { OutsideChange } from '@drylane/proto/evidence';
import type { LimitValues } from '@drylane/proto/limits';
import type { PathRules } from '@drylane/proto/paths';
import type { Spill } from '../evidence/spill.ts';
import type { Resolve } from '../gate/dial.ts';
import type { Places } from '../gate/places.ts';
import type { Reached } from '../gate/tally.ts';

/** What a live run has beyond a rehearsal: a gate to the hosts that intent names. Everything else is the same. */
export interface LiveTerms {
  readonly network: readonly string[];
  /** Filled by the gate: who is meant by an address of the container's loopback. */
  readonly places: Places;
  readonly resolve: Resolve;
  /**
   * Called once, when everything stands and right before the command can start. Until it resolves nothing has run; if
   * it fails nothing will.
   */
  readonly begin: () => void | Promise<void>;
}

/** What one rehearsal needs of a sandbox. Everything in it has been admitted; nothing here reads intent. */
export interface SandboxSpec {
  readonly runId: string;
  readonly image: string;
  /** OCI runtime by its name in the engine, such as `runsc`; null is the engine's default. */
  readonly runtime: string | null;
  /** Real path of the workspace's files on this host. */
  readonly source: string;
  /** Where the container sees its view of them. */
  readonly workspace: string;
  readonly workingDir: string;
  readonly shell: 'bash' | 'sh';
  readonly command: string;
  /** The command with step markers; null where it cannot be split. Used only if the shell itself can read the command. */
  readonly wrapped: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: LimitValues;
  readonly user: { readonly uid: number; readonly gid: number };
  /** Reach the command's environment by the private channel: no configuration, argument, file or log has a value. */
  readonly credentials: readonly KnownSecret[];
  /** Null for a rehearsal. */
  readonly live: LiveTerms | null;
}

/** Where a rehearsal's file changes can be read, on this host. Paths are bytes. */
export interface WorkspaceView {
  /** The workspace as it was: no rehearsal ever writes here. */
  readonly lower: Buffer;
  /** What the command wrote, complete in itself. */
  readonly upper: Buffer;
  /** Owner of upper's root at the start, where it could not be made that of the workspace's. */
  readonly rootOwner?: { readonly uid: number; readonly gid: number };
  /** The names that the command's own view shows in each directory; keys are latin1 of the relative path. */
  names(directories: readonly Buffer[]): Promise<ReadonlyMap<string, readonly Buffer[]>>;
}

/** How the command's shell ended, as the tracer tells it. */
export interface ShellEnd {
  /** Its exit status; for one that a signal ended, 128 and the signal's number. */
  readonly status: number;
  /** The container's number for the process that waits for us after the shell: it is ours. */
  readonly keeperPid: number;
}

/** What a sandbox tells while the command runs. */
export interface SandboxListener {
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** The tracer's output. Answers with the shell's end once it was told. */
  trace(chunk: Buffer): ShellEnd | null;
  /** A step's end marker, when all of the trace before it was told. The command's shell waits until this resolves. */
  marker(line: string, atMs: number): Promise<void>;
}

/** How the command ended, as the engine and the kernel tell it. */
export interface SandboxOutcome {
  /** Null when it was stopped from outside. */
  readonly exitCode: number | null;
  /** Whether the wrapped command ran; false when the shell could not read it and it ran as it stands. */
  readonly split: boolean;
  readonly timedOut: boolean;
  readonly oomKilled: boolean;
  readonly diskFull: boolean;
  readonly pidsExhausted: boolean;
  /** Something was said that our runner and shell never say, or not seen to its end: evidence is not complete. */
  readonly tampered: boolean;
  /** Whom the gate of a live run let the command reach, or kept from it; a rehearsal has none. */
  readonly reached: readonly Reached[];
  readonly leftovers: readonly { readonly pid: number; readonly argv: readonly string[] }[];
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly resources: {
    readonly cpuMs: number | null;
    readonly memoryPeakBytes: number | null;
    readonly diskBytes: number | null;
    readonly processesPeak: number | null;
  };
}

/** What changed of a container's own files; `complete` is false when there may be more. */
export interface ObservedOutside {
  readonly changes: readonly OutsideChange[];
  readonly spills: readonly Spill[];
  readonly complete: boolean;
}

/** A container made for one rehearsal, and thrown away after it. */
export interface PreparedSandbox {
  readonly view: WorkspaceView;
  readonly imageDigest: string;
  readonly runtime: string;
  /** What this way of giving the workspace cannot see, and what the image keeps out of sight. */
  readonly unobserved: readonly string[];
  /** Runs the command to its end; the signal ends it before. */
  run(listener: SandboxListener, signal?: AbortSignal): Promise<SandboxOutcome>;
  /** Changes of the container's own files; call it after `run`. Rules count by their absolute patterns. */
  outside(rules: PathRules, watch: Watch | null): Promise<ObservedOutside>;
  destroy(): Promise<void>;
}

/** A place where a command can be rehearsed. */
export interface Sandbox {
  prepare(spec: SandboxSpec): Promise<PreparedSandbox>;
  /** Takes away whatever still stands; for a process that is told to stop. */
  close(): Promise<void>;
}
