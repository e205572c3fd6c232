import type { Target } from './attempts.ts';
import { since } from './clock.ts';
import { GAPS } from './gaps.ts';
import type { Outward } from './network.ts';
import { type Process, runsShell } from './processes.ts';
import type { Place } from './sightings.ts';
import type { State, TracedShell } from './state.ts';

/** A process of the command; times are milliseconds since the shell's start. */
export interface TracedProcess {
  /** Unlike a pid, never given twice. */
  readonly id: number;
  readonly pid: number;
  readonly parent: number;
  readonly shell: boolean;
  readonly argv: readonly string[];
  readonly program: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly step: number | null;
  readonly startedMs: number;
  /** Null where the trace does not show its end. */
  readonly endedMs: number | null;
}

/** Whose doing something was; `process` is a {@link TracedProcess.id}. */
export interface Doing {
  readonly process: number;
  readonly pid: number;
  readonly step: number | null;
}

/** An attempt to reach something outside the container. */
export interface TracedAttempt extends Target, Doing {
  readonly program: string;
}

/** A call that a rehearsal refuses, or a signal to a process that is not the command's. */
export interface TracedPrivileged extends Doing {
  readonly syscall: string;
  readonly program: string;
}

/** A canary seen on its way. */
export interface TracedSighting extends Doing {
  readonly credential: string;
  readonly where: Place;
}

/** Everything a trace told. */
export interface Traced {
  /** False: something may have happened that is not in here. */
  readonly complete: boolean;
  readonly gaps: readonly string[];
  readonly tampering: boolean;
  readonly shell: TracedShell | null;
  readonly processes: readonly TracedProcess[];
  readonly processesLeftOut: number;
  readonly network: readonly TracedAttempt[];
  readonly networkLeftOut: number;
  /** Ports of this machine on which a process of the trace listened at some time. */
  readonly listened: readonly number[];
  readonly privileged: readonly TracedPrivileged[];
  readonly privilegedLeftOut: number;
  readonly sightings: readonly TracedSighting[];
  /** How many calls had arguments or payloads longer than the tracer reads; canaries in the rest were not seen. */
  readonly cut: number;
  readonly lineage: Lineage;
}

/** Who descends from whom, and who tried to reach what. */
export interface Lineage {
  /** The id of each process's parent by its own id; -1 for the first. */
  readonly parents: readonly number[];
  /** Ids of processes with indexes into `network`. */
  readonly reaches: readonly (readonly [process: number, attempt: number])[];
}

/** Puts together what was found; all steps are known by now. */
export function tellTraced(state: State): Traced {
  const { tree, gaps, network, privileged, sightings } = state;
  const { attempts } = network;
  const startedAtMs = state.startedAtMs ?? tree.shell?.startedAtMs ?? 0;
  return {
    complete: gaps.size === 0,
    gaps: [...gaps].map((gap) => GAPS[gap]),
    tampering: gaps.has('tampering'),
    shell: state.shell,
    processes: tree.kept.map((process) => tellProcess(process, startedAtMs)),
    processesLeftOut: tree.leftOut,
    network: attempts.kept.map(({ process, step, ...target }) => {
      return { ...named(target, network.outward), step: step.step, ...whose(process) };
    }),
    networkLeftOut: attempts.leftOut,
    listened: [...network.listening],
    privileged: privileged.kept.map(({ syscall, program, process, step }) => {
      return { syscall, program, step: step.step, ...whose(process) };
    }),
    privilegedLeftOut: privileged.leftOut,
    sightings: sightings.kept.map(({ credential, where, process, step }) => {
      return { credential, where, step: step.step, ...whose(process) };
    }),
    cut: state.cut,
    lineage: { parents: tree.parents, reaches: attempts.reaches },
  };
}

/** Where a gate stands at an address, whoever is behind it was meant. */
function named<T extends Target>(target: T, outward: Outward): T {
  const { protocol, address, port } = target;
  const gated = (protocol === 'tcp' || protocol === 'udp') && address !== null && port !== null;
  const host = gated ? (outward(address, port)?.host ?? null) : null;
  return host === null ? target : { ...target, host, address: null };
}

function whose(process: Process): { process: number; pid: number } {
  return { process: process.id, pid: process.pid };
}

function tellProcess(process: Process, startedAtMs: number): TracedProcess {
  const { id, pid, parent, role, argv, program, end, step, endedAtMs } = process;
  return {
    id,
    pid,
    parent: parent.pid,
    shell: role === 'shell',
    argv,
    program,
    exitCode: end !== null && 'status' in end ? end.status : null,
    signal: end !== null && 'signal' in end ? end.signal : null,
    step: runsShell(process) ? null : step.step,
    startedMs: since(startedAtMs, process.startedAtMs),
    endedMs: endedAtMs === null ? null : since(startedAtMs, endedAtMs),
  };
}

/** What a process and all that descend from it tried to reach. */
export function reached({ network, lineage }: Traced, process: number): readonly TracedAttempt[] {
  const indexes = new Set<number>();
  for (const [by, attempt] of lineage.reaches)
    if (descends(lineage.parents, by, process)) indexes.add(attempt);
  return [...indexes].sort((a, b) => a - b).flatMap((index) => network[index] ?? []);
}

/** Whether a process is another, or descends from it; parents have smaller ids than their children. */
function descends(parents: readonly number[], process: number, from: number): boolean {
  let at = process;
  while (at > from) at = parents[at] ?? -1;
  return at === from;
}
