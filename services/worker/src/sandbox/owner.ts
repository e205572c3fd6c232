import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names one process for good: boot, PID namespace, PID and start time. Used in the names and labels of
 * everything a rehearsal leaves on a machine, so that the reaper can tell the dead from the living.
 */
export interface Owner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly start: string;
}

const PATTERN = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)$/;

/** The owner's name, safe in file names and labels. */
export function formatOwner(owner: Owner): string {
  return `${owner.boot}-${owner.namespace}-${owner.pid}-${owner.start}`;
}

/** Reads what {@link formatOwner} wrote; undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  const [, boot, namespace, pid, start] = PATTERN.exec(text) ?? [];
  if (boot === undefined || namespace === undefined || start === undefined) return undefined;
  return { boot, namespace, pid: Number(pid), start };
}

/** This process. */
export function currentOwner(): Owner {
  const start = startTime(process.pid);
  if (start === undefined) throw new Error('/proc does not know this process');
  return { boot: bootId(), namespace: pidNamespace(), pid: process.pid, start };
}

/** Whether the owner may still be alive. What cannot be looked up counts as alive: never reap another's work. */
export function mayBeAlive(owner: Owner): boolean {
  if (owner.boot !== bootId()) return false;
  if (owner.namespace !== pidNamespace()) return true;
  return startTime(owner.pid) === owner.start;
}

/** Whether this process can tell whether the owner is alive. */
export function isVisible(owner: Owner): boolean {
  return owner.boot !== bootId() || owner.namespace === pidNamespace();
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
}

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
}

/** A process's start time in clock ticks since boot, from proc(5); undefined when it is gone or a zombie. */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
