import { beginSteps, type StepCell, type Steps } from './step.ts';

/** How a process ended. */
export type End = { readonly status: number } | { readonly signal: string };

/** A datagram socket's connection, and by whom. */
export interface Probe {
  readonly address: string;
  readonly port: number;
  readonly program: string;
  readonly step: StepCell;
}

/** One process; its threads are one with it. */
export interface Process {
  /** Unlike a pid, never given twice; counts from 0. */
  readonly id: number;
  readonly pid: number;
  readonly parent: { readonly id: number; readonly pid: number };
  /** The keeper is ours, the shell runs the command, everything else is the command's. */
  readonly role: 'keeper' | 'shell' | 'command';
  readonly startedAtMs: number;
  argv: readonly string[];
  program: string;
  step: StepCell;
  execs: number;
  endedAtMs: number | null;
  end: End | null;
  /** Some call of it was answered with a signal. */
  trapped: boolean;
  /** Datagram sockets connected to this machine, by address, on which nothing was sent. */
  readonly probes: Map<string, Probe>;
  /** Descriptors connected to the resolver on which no query was seen yet. */
  readonly unasked: Map<number, { readonly program: string; readonly step: StepCell }>;
}

/** All processes of a trace: who runs now, and the first ones for the record. */
export interface Tree {
  readonly steps: Steps;
  readonly shellName: string;
  /** Processes by the number of each of their threads. */
  readonly tasks: Map<number, Process>;
  readonly kept: Process[];
  leftOut: number;
  /** The parent's id by the id of each process, for who descends from whom. */
  readonly parents: number[];
  readonly seen: Uint8Array;
  keeper: Process | null;
  shell: Process | null;
}

/** What the record keeps; further processes are counted. */
export const MOST_PROCESSES = 2000;
/** Beyond these the trace is given up as not complete. */
export const MOST_TASKS = 50_000;
export const MOST_PARENTS = 1_000_000;
const MOST_PIDS = 4_194_304;

/** A tree without processes. */
export function plantTree(shellName: string): Tree {
  return {
    steps: beginSteps(),
    shellName,
    tasks: new Map(),
    kept: [],
    leftOut: 0,
    parents: [],
    seen: new Uint8Array(MOST_PIDS / 8),
    keeper: null,
    shell: null,
  };
}

/** Whether a number is, or was, that of a process or thread of this trace. */
export function wasSeen(tree: Tree, pid: number): boolean {
  return ((tree.seen[pid >> 3] ?? 0) & (1 << (pid & 7))) !== 0;
}

/** The first process of all: what keeps the shell. */
export function addKeeper(tree: Tree, pid: number, atMs: number): Process {
  tree.keeper = addProcess(tree, { pid, atMs, role: 'keeper', parent: null });
  return tree.keeper;
}

/** A child of a process; the keeper's first is the shell, its others are the keeper's own. */
export function addChild(tree: Tree, parent: Process, pid: number, atMs: number): Process {
  if (parent.role !== 'keeper') return addProcess(tree, { pid, atMs, role: 'command', parent });
  if (parent !== tree.keeper || tree.shell !== null)
    return addProcess(tree, { pid, atMs, role: 'keeper', parent });
  tree.shell = addProcess(tree, { pid, atMs, role: 'shell', parent });
  return tree.shell;
}

/** Another thread of a process. */
export function addThread(tree: Tree, process: Process, tid: number): void {
  tree.tasks.set(tid, process);
  see(tree, tid);
}

/** Ends a thread, and its process if it is the one that gave it its number; the process is returned in that case. */
export function endTask(tree: Tree, tid: number, end: End, atMs: number): Process | undefined {
  const process = tree.tasks.get(tid);
  tree.tasks.delete(tid);
  if (process === undefined || process.pid !== tid) return undefined;
  process.end = end;
  process.endedAtMs = atMs;
  return process;
}

/** Notes the program that a process runs from now on. */
export function execute(process: Process, program: string, argv: readonly string[]): void {
  process.execs += 1;
  process.program = program;
  process.argv = argv;
}

/** Programs the shell's process runs until it is the shell: the one that gives it a session, and the shell itself. */
export const SHELL_STARTS = 2;

/** Whether a process is the shell, and has not become the last program of its command. */
export function runsShell({ role, execs }: Process): boolean {
  return role === 'shell' && execs <= SHELL_STARTS;
}

interface Birth {
  readonly pid: number;
  readonly atMs: number;
  readonly role: Process['role'];
  readonly parent: Process | null;
}

function addProcess(tree: Tree, { pid, atMs, role, parent }: Birth): Process {
  const id = tree.parents.length;
  const atShell = role === 'shell' || parent === null || parent.role === 'shell';
  const process: Process = {
    id,
    pid,
    parent: { id: parent?.id ?? -1, pid: parent?.pid ?? 0 },
    role,
    startedAtMs: atMs,
    argv: parent?.role === 'command' || parent?.role === 'shell' ? parent.argv : [],
    program: role === 'shell' ? tree.shellName : (parent?.program ?? ''),
    step: atShell ? tree.steps.current : parent.step,
    execs: 0,
    endedAtMs: null,
    end: null,
    trapped: false,
    probes: new Map(),
    unasked: new Map(),
  };
  tree.parents.push(process.parent.id);
  tree.tasks.set(pid, process);
  see(tree, pid);
  if (role !== 'keeper') keep(tree, process);
  return process;
}

function keep(tree: Tree, process: Process): void {
  if (tree.kept.length < MOST_PROCESSES) tree.kept.push(process);
  else tree.leftOut += 1;
}

function see(tree: Tree, pid: number): void {
  tree.seen[pid >> 3] = (tree.seen[pid >> 3] ?? 0) | (1 << (pid & 7));
}
