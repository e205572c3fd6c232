import type { CallEvent } from './event.ts';
import { type Process, type Tree, wasSeen } from './processes.ts';
import { TRACER } from './reach.ts';
import type { StepCell } from './step.ts';

/** The most attempts kept. */
const MOST = 200;

/** Flags that ask for a namespace of one's own. */
const NAMESPACES: ReadonlySet<string> = new Set([
  'CLONE_NEWCGROUP',
  'CLONE_NEWIPC',
  'CLONE_NEWNET',
  'CLONE_NEWNS',
  'CLONE_NEWPID',
  'CLONE_NEWTIME',
  'CLONE_NEWUSER',
  'CLONE_NEWUTS',
]);

/** One call that a rehearsal refuses. */
export interface PrivilegedCall {
  readonly process: Process;
  readonly syscall: string;
  readonly program: string;
  readonly step: StepCell;
}

/** What was tried, each once for a program and a step. */
export interface PrivilegedCalls {
  readonly kept: PrivilegedCall[];
  leftOut: number;
}

/** Nothing tried yet. */
export function noPrivilegedCalls(): PrivilegedCalls {
  return { kept: [], leftOut: 0 };
}

/** The name under which an event counts as privileged, or null. */
export function privilegedName(tree: Tree, by: Process, event: CallEvent): string | null {
  switch (event.kind) {
    case 'privileged':
      return event.call;
    case 'socket':
      return event.raw ? 'socket' : null;
    case 'spawn':
      return [...event.flags].some((flag) => NAMESPACES.has(flag)) ? event.call : null;
    case 'reach':
      return event.targets === null || event.targets.some((pid) => isForeign(tree, by, pid))
        ? event.call
        : null;
    default:
      return null;
  }
}

/** Whether an event is aimed at what watches the command. */
export function tampers(tree: Tree, event: CallEvent): boolean {
  if (event.kind !== 'reach' || event.targets === null) return false;
  return event.targets.some((pid) => pid === TRACER || Math.abs(pid) === tree.keeper?.pid);
}

function isForeign(tree: Tree, by: Process, target: number): boolean {
  if (target === 0) return false;
  // To everybody: live, that is every process of whoever runs it.
  if (target === -1) return true;
  const pid = Math.abs(target);
  return pid === TRACER || pid === tree.keeper?.pid || (pid !== by.pid && !wasSeen(tree, pid));
}

/** Adds an attempt, unless the same program tried the same in this step. */
export function addPrivileged(calls: PrivilegedCalls, process: Process, syscall: string): void {
  const { program, step } = process;
  const same = (one: PrivilegedCall): boolean =>
    one.syscall === syscall && one.program === program && one.step === step;
  if (calls.kept.some(same)) return;
  if (calls.kept.length < MOST) calls.kept.push({ process, syscall, program, step });
  else calls.leftOut += 1;
}
