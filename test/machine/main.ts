import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import { provideBundle } from './bundle.ts';
import { type StopResult, stopDockerd } from './dockerd.ts';
import { engineRecord, type Machine, makeReady, underLock } from './ready.ts';
import { sayTo } from './say.ts';
import { thisMachine } from './this-machine.ts';

const STOP_MS = 60_000;

/**
 * `node main.ts` makes the machine ready for all that this repository does, `node main.ts rehearsals` for rehearsals
 * only; `node main.ts stop` ends the engine that it started. Answers the exit status.
 */
async function main(args: readonly string[]): Promise<number> {
  const say = sayTo(process.stderr);
  try {
    const [word] = args;
    if (args.length > 1 || (word !== undefined && word !== 'rehearsals' && word !== 'stop')) {
      say.line('usage: npm run machine [-- rehearsals | stop]');
      return ERROR_CODES['bad-input'].exit;
    }
    const machine = thisMachine(say, word !== 'rehearsals');
    if (word === 'stop') return await stop(machine);
    await provideBundle(machine.repository, say);
    say.line(`this machine is ready (container engine ${await makeReady(machine)})`);
    return 0;
  } catch (error) {
    say.line(explain(error));
    return error instanceof DrylaneError ? ERROR_CODES[error.code].exit : ERROR_CODES.internal.exit;
  }
}

async function stop(machine: Machine): Promise<number> {
  const result = await underLock(machine, () => stopDockerd(engineRecord(machine.places), STOP_MS));
  machine.say.line(STOPPED[result.kind]('pid' in result ? result.pid : 0));
  return result.kind === 'still-running' ? 1 : 0;
}

const STOPPED: Readonly<Record<StopResult['kind'], (pid: number) => string>> = {
  none: () => 'nothing was started here, so nothing is stopped',
  gone: (pid) => `the container engine that was started here (pid ${pid}) has ended already`,
  stopped: (pid) => `stopped the container engine (pid ${pid})`,
  'still-running': (pid) => `the container engine (pid ${pid}) was told to end and has not yet; ask again`,
};

/** One line: what is wrong, and what to type or read. */
function explain(error: unknown): string {
  if (!(error instanceof DrylaneError))
    return `machine: ${error instanceof Error ? error.message : String(error)}`;
  return error.problems.map(({ message, mend }) => `${message}; ${mendOf(mend)}`).join('; ');
}

const mendOf = (mend: string): string => (/^(see|wait) /.test(mend) ? mend : `type: ${mend}`);

// A request that never got its answer would keep this process alive.
process.exit(await main(process.argv.slice(2)));
