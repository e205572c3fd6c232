import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What `/proc/PID/stat` says that tells one life of a pid from the next. */
export interface ProcessStat {
  readonly state: string;
  /** Clock ticks since boot at which the process started. */
  readonly startTicks: string;
}

/**
 * Reads the third and the twenty-second field of `/proc/PID/stat` (proc(5)), or null if it is not one.
 * The second field is a name that its process chose: it may hold spaces and parentheses, so fields count from the last `)`.
 */
export function parseStat(text: string): ProcessStat | null {
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (!text.includes(')') || state === undefined || startTicks === undefined) return null;
  return /^[A-Za-z]$/.test(state) && /^[0-9]+$/.test(startTicks) ? { state, startTicks } : null;
}

/**
 * A text that no other process, earlier or later, has: null when none with that pid is alive. A zombie is not.
 * Linux: boot and start time. Elsewhere: what `ps` gives as the start, to the second.
 */
export async function identityOf(pid: number): Promise<string | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  if (process.platform !== 'linux') return startByPs(pid);
  const stat = parseStat(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  if (stat === null || stat.state === 'Z' || stat.state === 'X') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${boot.trim()}/${stat.startTicks}`;
}

async function startByPs(pid: number): Promise<string | null> {
  const asked = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => null);
  return asked?.stdout.trim() || null;
}
