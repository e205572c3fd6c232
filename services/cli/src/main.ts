import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { Command, CommanderError } from 'commander';
import { registerApply } from './commands/apply.ts';
import { registerApprove, registerReject } from './commands/approve.ts';
import { registerCancel } from './commands/cancel.ts';
import { registerClassify } from './commands/classify.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerDiff } from './commands/diff.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExecute } from './commands/execute.ts';
import { registerInit } from './commands/init.ts';
import { registerPolicy } from './commands/policy.ts';
import { registerReceipt, registerVerify } from './commands/receipt.ts';
import { registerRecover } from './commands/recover.ts';
import { registerRedact } from './commands/redact.ts';
import { registerRehearse } from './commands/rehearse.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSchedule } from './commands/schedule.ts';
import { registerShow } from './commands/show.ts';
import { registerSnapshot } from './commands/snapshot.ts';
import { registerSteps } from './commands/steps.ts';
import { registerSuggest } from './commands/suggest.ts';
import { registerToken } from './commands/token.ts';
import { registerUp } from './commands/up.ts';
import type { Context } from './context.ts';
import { printJson } from './context.ts';
import { EXIT, exitOf } from './exit.ts';
import { type Flag, flagsFirst, ownWords } from './quoted-command.ts';
import { coloursFor } from './terminal.ts';

const REGISTRARS = [
  registerRehearse,
  registerExecute,
  registerApprove,
  registerReject,
  registerCancel,
  registerApply,
  registerRecover,
  registerReceipt,
  registerVerify,
  registerInit,
  registerShow,
  registerDiff,
  registerRuns,
  registerSuggest,
  registerClassify,
  registerSteps,
  registerRedact,
  registerPolicy,
  registerSnapshot,
  registerSchedule,
  registerToken,
  registerUp,
  registerDoctor,
  registerCompletion,
] as const;

const VERSION: string = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'),
).version;

/** Every verb of the command line, with its flags; `done` receives a command's exit status. */
export function program(context: Context, done: (status: number) => void): Command {
  const root = new Command('drylane')
    .description('Rehearse a shell command before it touches anything.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // What is wrong with the words is said by `complain`, which takes secrets out of it.
      outputError: () => undefined,
    })
    .addHelpText('after', HELP);
  for (const register of REGISTRARS) register(root, context, done);
  return root;
}

const HELP = `
Exit status: 0 promote, promoted · 10 block · 11 hold · 12 inconclusive · 13 drift · 2 bad input
             3 this machine cannot do it (drylane doctor says why) · 1 internal error

Examples:
  drylane rehearse --expect 'blog/*.md' -- python3 scripts/rewrite.py
  drylane rehearse -f envelope.yaml --json
  drylane classify -- 'find . -name "*.log" -delete'
`;

/** Runs the command line; sets the exit status, never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const cwd = currentDirectory();
  const context: Context = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: cwd ?? '/',
  };
  // A reader that goes away (`drylane … | head`) is no fault of the run.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'EPIPE') throw fault;
    });
  const root = program(context, (status) => {
    process.exitCode = status;
  });
  let state: string | undefined;
  root.hook('preAction', (_, verb) => {
    state = stateOf(verb);
    if (cwd === undefined) throw noDirectory();
  });
  const words = argv.slice(2);
  const flags = flagsOf(root, words);
  try {
    await root.parseAsync(flagsFirst(words, flags) as string[], { from: 'user' });
  } catch (fault) {
    const json = ownWords(words, flags).includes('--json');
    process.exitCode = await complain(fault, { json, state }, context);
  }
}

/** The directory this process is in; undefined where it is gone. */
function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

function noDirectory(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'current directory',
    message: 'is gone: it was removed or renamed while the shell was in it',
    mend: 'change to a directory that is there: cd DIR',
  });
}

/** What a verb was given as `--state`. */
function stateOf(verb: Command): string | undefined {
  const { state }: { readonly state?: unknown } = verb.opts();
  return typeof state === 'string' ? state : undefined;
}

/** The flags of the verb that these words begin with, where it takes a command after `--`. */
function flagsOf(root: Command, [verb, inner]: readonly string[]): Flag[] {
  const outer = root.commands.find((candidate) => candidate.name() === verb);
  const command = outer?.commands.find((candidate) => candidate.name() === inner) ?? outer;
  if (command?.registeredArguments[0]?.name() !== 'command') return [];
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ short, long, required }) => ({
      names: [short, long].filter((name) => name != null),
      takesValue: required,
    }));
}

/** Says what went wrong, and answers with the exit status for it. */
async function complain(
  fault: unknown,
  { json, state }: { readonly json: boolean; readonly state: string | undefined },
  context: Context,
): Promise<number> {
  if (fault instanceof CommanderError && SAID_ALREADY.has(fault.code))
    return fault.exitCode === 0 ? EXIT.ok : EXIT['bad-input'];
  const ours = fault instanceof CommanderError ? badWords(fault) : fault;
  // Here, because most command lines have no use for a redactor, and it takes time to load.
  const { faultDocument, renderFault, reportFault } = await import('./fault.ts');
  const report = reportFault(ours, state);
  if (json) printJson(context, faultDocument(report));
  context.stderr.write(renderFault(report, coloursFor(context.stderr, context.env)));
  return exitOf(ours);
}

const SAID_ALREADY: ReadonlySet<string> = new Set([
  'commander.help',
  'commander.helpDisplayed',
  'commander.version',
]);

function badWords(fault: CommanderError): DrylaneError {
  const message = fault.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const mend = 'drylane --help lists the verbs, drylane VERB --help the flags';
  return new DrylaneError('bad-input', { field: 'command line', message, mend }, { cause: fault });
}
