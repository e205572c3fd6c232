import type { Gap } from './gaps.ts';
import { type Network, type Outward, quietNetwork } from './network.ts';
import { noPrivilegedCalls, type PrivilegedCalls } from './privileged.ts';
import { type Process, plantTree, type Tree } from './processes.ts';
import { noSightings, type Sightings, type Watch } from './sightings.ts';

/** A thread that stands in a call which makes a process. */
export interface Spawning {
  readonly maker: Process;
  readonly flags: ReadonlySet<string>;
  /** Whose lines have come already. */
  child: number | null;
}

/** The end of the shell. */
export interface ShellDeath {
  /** As a shell tells it: 128 and the signal's number for a death by signal. */
  readonly status: number;
  readonly signal: string | null;
  /** Milliseconds since its start. */
  readonly atMs: number;
  /** The process of ours that still waits. */
  readonly keeperPid: number;
}

/** Is told of what cannot wait for the end of the trace. */
export interface TraceListener {
  /** The shell is dead. */
  shellEnded(end: ShellDeath): void;
}

/** How the shell ended; times are milliseconds since 1970. */
export interface TracedShell {
  readonly pid: number;
  /** As a shell tells it: 128 and the signal's number for a death by signal. */
  readonly status: number;
  readonly signal: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** Everything that a trace told so far. */
export interface State {
  readonly watch: Watch;
  readonly listener: TraceListener;
  readonly tree: Tree;
  readonly network: Network;
  readonly privileged: PrivilegedCalls;
  readonly sightings: Sightings;
  readonly gaps: Set<Gap>;
  readonly spawning: Map<number, Spawning>;
  /** Calls in which their thread died: nobody will say which process they made, if any. */
  readonly forsaken: Set<Spawning>;
  shell: TracedShell | null;
  startedAtMs: number | null;
  cut: number;
}

/** A trace of which nothing was read. */
export function freshState(
  watch: Watch,
  listener: TraceListener,
  shellName: string,
  outward: Outward,
): State {
  return {
    watch,
    listener,
    tree: plantTree(shellName),
    network: quietNetwork(outward),
    privileged: noPrivilegedCalls(),
    sightings: noSightings(),
    gaps: new Set(),
    spawning: new Map(),
    forsaken: new Set(),
    shell: null,
    startedAtMs: null,
    cut: 0,
  };
}
