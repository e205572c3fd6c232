import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { identityOf } from './identity.ts';

/** A process as it is written down: its pid alone could be another's by the time it is read. */
export interface ProcessRecord {
  readonly pid: number;
  readonly identity: string;
}

/** What is written down about a process that runs. @throws Error when none with that pid is alive. */
export async function recordOf(pid: number): Promise<ProcessRecord> {
  const identity = await identityOf(pid);
  if (identity === null) throw new Error(`no process ${pid} is alive`);
  return { pid, identity };
}

/** Parses a record; null for anything else, so that a torn or foreign file names nobody. */
export function parseRecord(text: string): ProcessRecord | null {
  try {
    const { pid, identity } = JSON.parse(text);
    const sound = Number.isSafeInteger(pid) && pid > 1 && typeof identity === 'string' && identity !== '';
    return sound ? { pid, identity } : null;
  } catch {
    return null;
  }
}

/** Whether the process that a record names is still that process. */
export async function isAlive(record: ProcessRecord): Promise<boolean> {
  return (await identityOf(record.pid)) === record.identity;
}

/** Reads a record's file; null when there is none. Throws when a file is there and cannot be read. */
export async function readRecord(file: string): Promise<ProcessRecord | null> {
  try {
    return parseRecord(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes a record whole or not at all. */
export async function writeRecord(file: string, record: ProcessRecord): Promise<void> {
  const half = `${file}.${process.pid}.new`;
  await writeFile(half, `${JSON.stringify(record)}\n`, { mode: 0o644 });
  await rename(half, file);
}

/** Forgets a record; that it is gone already is well. */
export async function forgetRecord(file: string): Promise<void> {
  await rm(file, { force: true });
}
