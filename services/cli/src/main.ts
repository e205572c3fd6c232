import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { registerClassify } from './commands/classify.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerDiff } from './commands/diff.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerPolicy } from './commands/policy.ts';
import { registerRedact } from './commands/redact.ts';
import { registerRehearse } from './commands/rehearse.ts';
import { registerRuns } from './commands/runs.ts';
import { registerShow } from './commands/show.ts';
import { registerSteps } from './commands/steps.ts';
import { registerSuggest } from './commands/suggest.ts';
import type { Context } from './context.ts';
import { printJson } from './context.ts';
import { EXIT, exitOf } from './exit.ts';
import { faultDocument, renderFault } from './fault.ts';
import { coloursFor } from './terminal.ts';

const REGISTRARS = [
  registerRehearse,
  registerShow,
  registerDiff,
  registerRuns,
  registerSuggest,
  registerClassify,
  registerSteps,
  registerRedact,
  registerPolicy,
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
    })
    .addHelpText('after', HELP);
  for (const register of REGISTRARS) register(root, context, done);
  return root;
}

const HELP = `
Exit status: 0 promote · 10 block · 11 hold · 12 inconclusive · 13 drift · 2 bad input
             3 this machine cannot do it (drylane doctor says why) · 1 internal error

Examples:
  drylane rehearse --expect 'blog/*.md' -- python3 scripts/rewrite.py
  drylane rehearse -f envelope.yaml --json
  drylane classify -- 'find . -name "*.log" -delete'
`;

/** Runs the command line; sets the exit status, never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const context: Context = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
  };
  // A reader that goes away (`drylane … | head`) is no fault of the run.
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EPIPE') throw fault;
  });
  try {
    await program(context, (status) => {
      process.exitCode = status;
    }).parseAsync(argv as string[]);
  } catch (fault) {
    if (fault instanceof CommanderError) {
      process.exitCode = fault.exitCode === 0 ? EXIT.ok : EXIT['bad-input'];
      return;
    }
    process.exitCode = exitOf(fault);
    if (argv.includes('--json')) printJson(context, faultDocument(fault));
    context.stderr.write(renderFault(fault, coloursFor(context.stderr, context.env)));
  }
}
