import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { Logger } from '@drylane/chassis/logger/logger';
import { ERROR_CODES } from '@drylane/proto/errors';
import { endWithin } from './child.ts';
import { loadImages, removeContainers } from './images.ts';
import { type EnginePlaces, engineArguments, isNotable } from './places.ts';
import { runOn } from './run.ts';
import { type RunningEngine, startEngine } from './start.ts';

const START_MS = 60_000;
const GROUNDLESS_MS = 5_000;
// dockerd gives its containers 15 seconds; those of a worker that drained have ended already.
const STOP_MS = 20_000;

/** What runs on an engine of its own, and what that engine is. */
export interface OwnEngineOptions {
  readonly places: EnginePlaces;
  /** A program that becomes the engine when it is given the engine's arguments, and what comes before those. */
  readonly engine: readonly [program: string, ...args: string[]];
  readonly command: readonly [program: string, ...args: string[]];
  /** Comes when all of it is to end; the command then takes its own time to drain. */
  readonly stop: AbortSignal;
  readonly log: Logger;
}

/**
 * Brings up an engine, and runs a command on it for as long as both last. Answers the command's exit status; 1 when the
 * engine ended first, which ends the command.
 * @throws DrylaneError `machine-unfit` when the engine does not come up.
 */
export async function runOnOwnEngine(options: OwnEngineOptions): Promise<number> {
  const { places, command, stop, log } = options;
  const engine = await bringUp(options);
  try {
    const env = { ...process.env, DOCKER_HOST: `unix://${places.socket}` };
    const end = await runOn(engine, { command, env, stop, groundlessMs: GROUNDLESS_MS });
    if (end.kind === 'command') return end.command.status;
    log.fatal('the engine ended before the worker', { ended: end.ground.words });
    return ERROR_CODES.internal.exit;
  } finally {
    await endWithin(engine.child, engine.ended, STOP_MS);
  }
}

/** An engine that has the images and nothing else. */
async function bringUp({ places, engine, stop, log }: OwnEngineOptions): Promise<RunningEngine> {
  const { run, socket, images, configuration } = places;
  const [program, ...args] = engine;
  const began = performance.now();
  await rm(run, { recursive: true, force: true });
  // Debian's engine keeps a key in /etc/docker, which is a link to there.
  await mkdir(`${run}/docker`, { recursive: true, mode: 0o700 });
  const running = await startEngine({
    program,
    args: [...args, ...engineArguments(places, existsSync(configuration))],
    socket,
    patienceMs: START_MS,
    onLine: (line) => isNotable(line) && log.warn('the engine says', { line }),
    stop,
  });
  try {
    const removed = await removeContainers(running.docker);
    const loaded = await loadImages(running.docker, images);
    log.info('the engine is ready', { ms: Math.round(performance.now() - began), removed, loaded });
    return running;
  } catch (fault) {
    await endWithin(running.child, running.ended, STOP_MS);
    throw fault;
  }
}
