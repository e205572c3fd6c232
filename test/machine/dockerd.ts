import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Environment, failed, findProgram } from './command.ts';
import { askEngine } from './engine.ts';
import { forgetRecord, isAlive, type ProcessRecord, readRecord, recordOf, writeRecord } from './record.ts';

/** How an engine is started: where it writes, where it is noted down, and who asks whether it answers. */
export interface DockerdSettings {
  readonly docker: Docker;
  /** A program of the system and its arguments, which becomes dockerd: `['dockerd']` for the machine's own engine. */
  readonly command: readonly string[];
  readonly env: Environment;
  readonly log: string;
  readonly record: string;
  readonly patienceMs: number;
}

const STARTING = 'starting the container engine';

/**
 * Starts dockerd so that it outlives us, notes it down before anything else can go wrong, and waits until it answers.
 * @throws DrylaneError `machine-unfit` when it ends early or stays silent; one that stays silent is ended.
 */
export async function startDockerd(settings: DockerdSettings): Promise<ProcessRecord> {
  const [name = 'dockerd', ...args] = settings.command;
  const program = await findProgram(name);
  if (program === null) throw failed(STARTING, `${name} is not installed`, settings.log);
  const log = await open(settings.log, 'a', 0o640);
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    env: { ...settings.env },
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => done(`it ended with ${signal ?? code}`));
  });
  await log.close();
  child.unref();
  if (child.pid === undefined) throw failed(STARTING, await ended, settings.log);

  const record = await recordOf(child.pid).catch(() => null);
  if (record === null) throw failed(STARTING, await ended, settings.log);
  await writeRecord(settings.record, record);
  const trouble = await untilAnswering(settings, ended);
  if (trouble === null) return record;
  await stopDockerd(settings.record, settings.patienceMs);
  throw failed(STARTING, trouble, settings.log);
}

/** Null once it answers, else why it never will. */
async function untilAnswering(settings: DockerdSettings, ended: Promise<string>): Promise<string | null> {
  const until = performance.now() + settings.patienceMs;
  while (performance.now() < until) {
    const early = await Promise.race([ended, sleep(100)]);
    if (typeof early === 'string') return early;
    if ((await askEngine(settings.docker)).kind === 'ready') return null;
  }
  return `no answer in ${settings.patienceMs / 1000} s`;
}

/** What {@link stopDockerd} found and did. */
export type StopResult =
  | { readonly kind: 'none' }
  | { readonly kind: 'gone' | 'stopped' | 'still-running'; readonly pid: number };

/**
 * Ends the engine that was noted down, if that very process still runs: SIGTERM, on which dockerd ends its containers,
 * then a wait. The note goes when the process has gone.
 */
export async function stopDockerd(file: string, patienceMs: number): Promise<StopResult> {
  const record = await readRecord(file);
  if (record === null) return { kind: 'none' };
  const result = await endProcess(record, patienceMs);
  if (result.kind !== 'still-running') await forgetRecord(file);
  return result;
}

async function endProcess(record: ProcessRecord, patienceMs: number): Promise<StopResult> {
  const { pid } = record;
  if (!(await isAlive(record))) return { kind: 'gone', pid };
  process.kill(pid, 'SIGTERM');
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    if (!(await isAlive(record))) return { kind: 'stopped', pid };
    await sleep(100);
  }
  return { kind: 'still-running', pid };
}
