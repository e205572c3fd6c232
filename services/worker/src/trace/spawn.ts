import type { CallEvent } from './event.ts';
import { addChild, addThread, MOST_PARENTS, MOST_TASKS, type Process } from './processes.ts';
import type { Spawning, State } from './state.ts';

/** Of more, it is not known any more that they died making a process. */
const MOST_FORSAKEN = 1000;

/** Notes that a thread stands in a call that makes a process: lines of the new one may come before it returns. */
export function enterSpawn(state: State, pid: number, maker: Process, flags: ReadonlySet<string>): void {
  state.spawning.set(pid, { maker, flags, child: null });
}

/**
 * Finds who made a process that is not known yet. It can only be a thread that stands in such a call now, or died in
 * one; if there are several, the answer has to wait until one of them returns.
 */
export function adopt(state: State, pid: number, atMs: number): boolean {
  const candidates = [...state.spawning.values(), ...state.forsaken].filter(({ child }) => child === null);
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) return false;
  adoptBy(state, only, pid, atMs);
  return true;
}

/** Gives a process that was never seen alive to one of the threads that died making one. */
export function adoptDead(state: State, pid: number, atMs: number): boolean {
  const [maker] = state.forsaken;
  if (maker === undefined) return false;
  adoptBy(state, maker, pid, atMs);
  return true;
}

/** Notes that a thread is dead, if it stood in such a call. */
export function forsakeSpawn(state: State, pid: number): void {
  const spawning = state.spawning.get(pid);
  state.spawning.delete(pid);
  if (spawning?.child === null && state.forsaken.size < MOST_FORSAKEN) state.forsaken.add(spawning);
}

function adoptBy(state: State, spawning: Spawning, pid: number, atMs: number): void {
  spawning.child = pid;
  state.forsaken.delete(spawning);
  add(state, spawning.maker, spawning.flags, pid, atMs);
}

/** Takes in what such a call returned. */
export function leaveSpawn(
  state: State,
  pid: number,
  maker: Process,
  event: Extract<CallEvent, { kind: 'spawn' }>,
  atMs: number,
): void {
  const child = event.result.value;
  if (child === null) {
    forsakeSpawn(state, pid);
    return;
  }
  const adopted = state.spawning.get(pid)?.child ?? null;
  state.spawning.delete(pid);
  if (child < 0 || adopted !== null) {
    if (adopted !== null && adopted !== child) state.gaps.add('parent');
    return;
  }
  if (event.flags.has('CLONE_UNTRACED')) state.gaps.add('untraced');
  add(state, maker, event.flags, child, atMs);
}

function add(state: State, maker: Process, flags: ReadonlySet<string>, pid: number, atMs: number): void {
  const { tree, gaps } = state;
  if (tree.tasks.has(pid)) gaps.add('reused');
  if (tree.tasks.size >= MOST_TASKS || tree.parents.length >= MOST_PARENTS) {
    gaps.add('tooMany');
    return;
  }
  if (flags.has('CLONE_THREAD')) addThread(tree, maker, pid);
  else addChild(tree, maker, pid, atMs);
}
