import { randomUUID } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { isAlive, type ProcessRecord, readRecord, recordOf, writeRecord } from './record.ts';

/** How a lock is waited for: `onWait` hears once who holds it. Times in milliseconds. */
export interface LockPatience {
  readonly limitMs: number;
  readonly everyMs: number;
  readonly onWait: (holder: ProcessRecord | null) => void;
}

/**
 * Runs `work` while this process alone holds the lock file, which names its holder; a dead holder's lock is broken.
 * @throws DrylaneError `machine-unfit` when a living holder keeps it past the limit.
 */
export async function withLock<T>(file: string, patience: LockPatience, work: () => Promise<T>): Promise<T> {
  await acquire(file, patience);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, patience: LockPatience): Promise<void> {
  const until = performance.now() + patience.limitMs;
  let told = false;
  while (!(await claim(file))) {
    const holder = await readRecord(file);
    if (await breakIfStale(file)) continue;
    if (performance.now() > until) throw heldTooLong(file, holder);
    if (!told) patience.onWait(holder);
    told = true;
    await sleep(patience.everyMs);
  }
}

/** Makes the lock with its holder's name in it, in one step: there is never a lock that names nobody. */
async function claim(file: string): Promise<boolean> {
  const mine = `${file}.${randomUUID()}`;
  await writeRecord(mine, await recordOf(process.pid));
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/**
 * Removes a dead holder's lock. Only the holder of `FILE.breaking` may do so, and looks again once it has it: without
 * that, two that saw the same dead holder could each remove a lock, the second one a living holder's.
 */
async function breakIfStale(file: string): Promise<boolean> {
  if (!(await isStale(file))) return false;
  if (!(await claim(`${file}.breaking`))) return false;
  try {
    if (!(await isStale(file))) return true;
    await rm(file, { force: true });
    return true;
  } finally {
    await rm(`${file}.breaking`, { force: true });
  }
}

async function isStale(file: string): Promise<boolean> {
  const holder = await readRecord(file);
  return holder !== null && !(await isAlive(holder));
}

function heldTooLong(file: string, holder: ProcessRecord | null): DrylaneError {
  return new DrylaneError('machine-unfit', {
    field: 'lock',
    message: `another run (pid ${holder?.pid ?? 'unknown'}) is still preparing this machine`,
    mend: `wait for it, or, if there is none: rm -f ${file} ${file}.breaking`,
  });
}
