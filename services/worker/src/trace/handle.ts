import { since } from './clock.ts';
import { closeAll, closeUnasked, onConnect } from './connect.ts';
import type { CallEvent } from './event.ts';
import { NAMELESS } from './line.ts';
import { onLocal } from './listen.ts';
import { addPrivileged, privilegedName, tampers } from './privileged.ts';
import { type End, endTask, execute, type Process, SHELL_STARTS } from './processes.ts';
import { onSend } from './send.ts';
import { watchBytes, watchStart } from './sightings.ts';
import { signalStatus } from './signal-status.ts';
import { forsakeSpawn, leaveSpawn } from './spawn.ts';
import { readStart, showArgv } from './start.ts';
import type { State } from './state.ts';

/** Takes in one completed call of a process. */
export function handle(state: State, pid: number, process: Process, event: CallEvent, atMs: number): void {
  if (event.kind === 'spawn') leaveSpawn(state, pid, process, event, atMs);
  if (process.role === 'keeper') return;
  if (tampers(state.tree, event)) state.gaps.add('tampering');
  const name = privilegedName(state.tree, process, event);
  if (name !== null) addPrivileged(state.privileged, process, name);
  switch (event.kind) {
    case 'exec':
      handleExec(state, process, event, atMs);
      break;
    case 'socket':
      if (event.fd !== null) closeUnasked(state.network, process, event.fd);
      break;
    case 'connect':
      if (!onConnect(state.network, process, event)) state.gaps.add('network');
      break;
    case 'send':
      handleSend(state, process, event);
      break;
    case 'local':
      if (!onLocal(state.network, process, event)) state.gaps.add('network');
      break;
    case 'filter':
      state.gaps.add('filter');
  }
}

function handleExec(
  state: State,
  process: Process,
  event: Extract<CallEvent, { kind: 'exec' }>,
  atMs: number,
): void {
  const { value } = event.result;
  if (value === null || value < 0) return;
  const start = readStart(event);
  if (start === undefined) {
    const starting = process.role === 'shell' && process.execs < SHELL_STARTS;
    if (!starting) state.gaps.add('exec');
    execute(process, starting ? state.tree.shellName : '', []);
  } else {
    execute(process, start.program, showArgv(start.argv));
    watchStart(state.sightings, state.watch, process, start);
    if (start.cut) state.cut += 1;
  }
  if (process.role === 'shell' && process.execs === SHELL_STARTS) state.startedAtMs = atMs;
}

function handleSend(state: State, process: Process, event: Extract<CallEvent, { kind: 'send' }>): void {
  const sent = onSend(state.network, process, event);
  watchBytes(state.sightings, state.watch, process, sent.bytes);
  if (sent.unreadable) state.gaps.add('network');
  if (sent.cut) state.cut += 1;
}

/** Takes in that the kernel answered a call with a signal: one that a rehearsal refuses in every form. */
export function handleRefused(state: State, tid: number, call: string): void {
  const process = state.tree.tasks.get(tid);
  if (process === undefined || process.role === 'keeper') return;
  process.trapped = true;
  addPrivileged(state.privileged, process, call);
}

/** Takes in the end of a thread, and of its process if it was the first one. */
export function handleEnd(state: State, tid: number, end: End, atMs: number): void {
  forsakeSpawn(state, tid);
  const process = endTask(state.tree, tid, end, atMs);
  if (process === undefined) return;
  closeAll(state.network, process);
  // The keeper ends when the worker lets it go, or with the whole container: never by a signal of anybody in there.
  // Nor before the shell, which it waits for.
  if (process === state.tree.keeper && ('signal' in end || state.shell === null)) state.gaps.add('tampering');
  if (process.role !== 'keeper' && !process.trapped && 'signal' in end && end.signal === 'SIGSYS')
    addPrivileged(state.privileged, process, NAMELESS);
  if (process !== state.tree.shell) return;
  const startedAtMs = state.startedAtMs ?? process.startedAtMs;
  const signal = 'signal' in end ? end.signal : null;
  const status = 'signal' in end ? signalStatus(end.signal) : end.status;
  state.shell = { pid: process.pid, status, signal, startedAtMs, endedAtMs: atMs };
  const keeperPid = process.parent.pid;
  state.listener.shellEnded({ status, signal, atMs: since(startedAtMs, atMs), keeperPid });
}
