import type { CallEvent } from './event.ts';
import type { Item } from './syntax.ts';

/** The container's first process is the tracer. */
export const TRACER = 1;

/** Reads who is sent a signal, or is given something else; asking whether a process is there (signal 0) touches nobody. */
export function readReach(
  call: string,
  targets: readonly (Item | undefined)[],
  signal: Item | undefined,
): CallEvent | undefined {
  if (signal?.text === '0') return { kind: 'other' };
  const pids = targets.map((target) => Number(target?.text ?? 'none'));
  return pids.every(Number.isInteger) ? { kind: 'reach', call, targets: pids } : undefined;
}

/** Reads who is sent a signal by a handle. */
export function readPidfd(call: string, fd: Item | undefined, signal: Item | undefined): CallEvent {
  if (signal?.text === '0') return { kind: 'other' };
  const pid = /^\d+<pid:(\d+)>$/.exec(fd?.text ?? '')?.[1];
  return { kind: 'reach', call, targets: pid === undefined ? null : [Number(pid)] };
}

/** Reads whose priority changes: that of a process, of a group, or else of all processes of a user, the tracer among them. */
export function readPriority(
  call: string,
  which: Item | undefined,
  who: Item | undefined,
): CallEvent | undefined {
  const one = /^(?:PRIO|IOPRIO_WHO)_(?:PROCESS|PGRP)$/.test(which?.text ?? '');
  return one ? readReach(call, [who], undefined) : { kind: 'reach', call, targets: [TRACER] };
}
