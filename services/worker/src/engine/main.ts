import { readFile } from 'node:fs/promises';
import { createLogger } from '@drylane/chassis/logger/logger';
import { fileSink } from '@drylane/chassis/logger/sink';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import { planGroups, prepareGroups } from './groups.ts';
import { runOnOwnEngine } from './own.ts';
import { ENGINE_PLACES } from './places.ts';

const sink = fileSink(2, () => undefined);
const log = createLogger({ service: 'engine', level: 'info', redactor: createRedactor([]), sink });

/**
 * `node main.ts COMMAND…`: an engine of the container's own, and the command on it for as long as both last. Answers the
 * command's exit status; 1 when the engine ended first.
 */
async function main([program, ...args]: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  try {
    if (program === undefined) throw withoutCommand();
    await prepareGroups(planGroups(await readFile('/proc/self/mountinfo', 'utf8')));
    const command = [program, ...args] as const;
    const own = { places: ENGINE_PLACES, engine: ['dockerd'], command, stop: stop.signal, log } as const;
    return await runOnOwnEngine(own);
  } catch (fault) {
    log.fatal('the worker cannot run', { fault });
    return fault instanceof DrylaneError ? ERROR_CODES[fault.code].exit : ERROR_CODES.internal.exit;
  }
}

function withoutCommand(): DrylaneError {
  const problem = { field: 'command', message: 'is missing', mend: 'name what is to run on the engine' };
  return new DrylaneError('bad-input', problem);
}

process.exitCode = await main(process.argv.slice(2));
await sink.flush(1_000);
process.exit();
