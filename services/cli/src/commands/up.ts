import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { Duration, milliseconds } from '@drylane/proto/quantities';
import { type Command, InvalidArgumentError } from 'commander';
import { type Context, printJson } from '../context.ts';
import { several, wholeNumber } from '../flags.ts';
import { stateDirectory } from '../state.ts';

interface Options {
  readonly port: number;
  readonly workspace?: readonly string[];
  readonly policy?: string;
  readonly state?: string;
  readonly runtime?: string;
  readonly concurrency?: number;
  readonly slots?: number;
  readonly grace: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Many commands wait more than they work. */
const LEAST_AT_ONCE = 4;

export function registerUp(root: Command, context: Context): void {
  root
    .command('up')
    .description('dispatcher, worker and comparator in one process, for this user on this machine')
    .option('--port <port>', 'where on 127.0.0.1 it listens (default: a free one)', wholeNumber, 0)
    .option(
      '--workspace <dir>',
      'where workspaces may lie, if the policy does not say; may be repeated (default: this directory)',
      several,
    )
    .option(
      '--policy <file>',
      'the policy to decide by: a file, or standard, strict or open (default: standard)',
    )
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--runtime <name>', 'OCI runtime, by its name in the engine (default: the engine’s)')
    .option(
      '--concurrency <number>',
      'rehearsals at once (default: one for each processor, and 4 at least)',
      atLeastOne,
    )
    .option(
      '--slots <number>',
      'containers of a kind that wait for a rehearsal (default: one for each processor)',
      upTo64,
    )
    .option('--grace <time>', 'how long what runs may take when it is told to end', duration, '30s')
    .option('--verbose', 'say on standard error what it does')
    .option('--json', 'one JSON document on standard output, once it is up')
    .addHelpText(
      'after',
      `
While it runs, rehearse and execute of the same user, with the same state directory, let it do the work, and
print what they print without it. Everything else reads and writes that directory as ever. Without a TTY
nothing approves: its token, which agents of the same user can read, submits and no more.
Other programs speak to it as to a fleet: DRYLANE_URL, and DRYLANE_TOKEN_FILE=STATE/up/token.
It ends on Ctrl-C or SIGTERM: it takes nothing new, and finishes what runs. Killed, it goes on with what it
had taken when it is started again.

Examples:
  drylane up
  drylane up --workspace /srv/repos --policy policy.yaml --port 8080
`,
    )
    .action(async (options: Options) => {
      const { openUp } = await import('../embedded/up/up.ts');
      const { port, policy, state, runtime, concurrency, grace, verbose, workspace } = options;
      if (port > 65_535) throw noPort();
      const notice = await openUp({
        stateDir: stateDirectory(state, context.env),
        policyFile: policy,
        roots: (workspace ?? ['.']).map((directory) => resolve(context.cwd, directory)),
        runtime: runtime ?? null,
        ...{
          port,
          concurrency: concurrency ?? Math.max(LEAST_AT_ONCE, availableParallelism()),
          graceMs: milliseconds(grace),
        },
        slots: options.slots ?? availableParallelism(),
        logLevel: verbose ? 'info' : 'warn',
        env: context.env,
      });
      const { url, token_file, pid, roots } = notice;
      if (options.json) printJson(context, { url, token_file, pid, roots });
      else
        context.stdout.write(
          `up at ${url}, for what lies in ${roots.join(', ') || 'no directory that is there'}\n` +
            `its token, which submits and no more: ${token_file}\n` +
            'Ctrl-C ends it\n',
        );
    });
}

function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number >= 1 && number <= 1000) return number;
  throw new InvalidArgumentError('give a number from 1 to 1000');
}

function upTo64(text: string): number {
  const number = wholeNumber(text);
  if (number <= 64) return number;
  throw new InvalidArgumentError('give a number from 0 to 64');
}

function duration(text: string): string {
  const read = Duration.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError('write it as 30s or 2m');
}

function noPort(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: '--port',
    message: 'is no port',
    mend: 'give a number up to 65535',
  });
}
