import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createLogger, type Logger } from '@drylane/chassis/logger/logger';
import { fileSink } from '@drylane/chassis/logger/sink';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import { endWithin } from './child.ts';
import { planGroups, prepareGroups } from './groups.ts';
import { loadImages, removeContainers } from './images.ts';
import { ENGINE_PLACES, engineArguments, isNotable } from './places.ts';
import { runOn } from './run.ts';
import { type RunningEngine, startEngine } from './start.ts';

const START_MS = 60_000;
const GROUNDLESS_MS = 5_000;
// dockerd gives its containers 15 seconds; those of a worker that drained have ended already.
const STOP_MS = 20_000;

const sink = fileSink(2, () => undefined);
const logger = createLogger({ service: 'engine', level: 'info', redactor: createRedactor([]), sink });

/**
 * `node main.ts COMMAND…`: an engine of the container's own, and the command on it for as long as both last. Answers the
 * command's exit status; 1 when the engine ended first.
 */
async function main([program, ...args]: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  try {
    if (program === undefined) throw withoutCommand();
    const engine = await bringUp(stop.signal, logger);
    try {
      const env = { ...process.env, DOCKER_HOST: `unix://${ENGINE_PLACES.socket}` };
      const end = await runOn(engine, {
        command: [program, ...args],
        env,
        stop: stop.signal,
        groundlessMs: GROUNDLESS_MS,
      });
      if (end.kind === 'command') return end.command.status;
      logger.fatal('the engine ended before the worker', { ended: end.ground.words });
      return ERROR_CODES.internal.exit;
    } finally {
      await endWithin(engine.child, engine.ended, STOP_MS);
    }
  } catch (fault) {
    logger.fatal('the worker cannot run', { fault });
    return fault instanceof DrylaneError ? ERROR_CODES[fault.code].exit : ERROR_CODES.internal.exit;
  }
}

/** An engine that has the images and nothing else. */
async function bringUp(stop: AbortSignal, { info, warn }: Logger): Promise<RunningEngine> {
  const { run, socket, images, configuration } = ENGINE_PLACES;
  const began = performance.now();
  await prepareGroups(planGroups(await readFile('/proc/self/mountinfo', 'utf8')));
  await rm(run, { recursive: true, force: true });
  // Debian's engine keeps a key in /etc/docker, which is a link to there.
  await mkdir(`${run}/docker`, { recursive: true, mode: 0o700 });
  const engine = await startEngine({
    program: 'dockerd',
    args: engineArguments(existsSync(configuration)),
    socket,
    patienceMs: START_MS,
    onLine: (line) => isNotable(line) && warn('the engine says', { line }),
    stop,
  });
  try {
    const removed = await removeContainers(engine.docker);
    const loaded = await loadImages(engine.docker, images);
    info('the engine is ready', { ms: Math.round(performance.now() - began), removed, loaded });
    return engine;
  } catch (fault) {
    await endWithin(engine.child, engine.ended, STOP_MS);
    throw fault;
  }
}

function withoutCommand(): DrylaneError {
  const problem = { field: 'command', message: 'is missing', mend: 'name what is to run on the engine' };
  return new DrylaneError('bad-input', problem);
}

process.exitCode = await main(process.argv.slice(2));
await sink.flush(1_000);
process.exit();
