import type { Command } from 'commander';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson } from '../context.ts';
import { type EnvelopeFlags, envelopeFrom } from '../envelope.ts';
import { VERDICT_EXIT } from '../exit.ts';
import { several, wholeNumber } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { renderBlock } from '../print.ts';
import { commandFrom } from '../shell-words.ts';
import { stateDirectory } from '../state.ts';

interface Options extends EnvelopeFlags {
  readonly policy?: string;
  readonly state?: string;
  readonly runtime?: string;
  readonly json?: boolean;
}

export function registerRehearse(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('rehearse')
    .description('run a command in a sandbox, see what it did, get a verdict; nothing live is touched')
    .argument('[command...]', 'the command, after --')
    .option('-f, --file <file>', 'take the envelope from a YAML or JSON file (- for standard input)')
    .option('--workspace <dir>', 'the directory the command works on (default: this one)')
    .option('--working-dir <dir>', 'where in it the command starts (default: its root)')
    .option('--expect <glob>', 'a path it may write; may be repeated', several)
    .option('--forbid <pattern>', 'a path it must not touch; may be repeated', several)
    .option('--read-only', 'it writes nothing')
    .option('--network <host>', 'a host it means to reach; may be repeated', several)
    .option('--credential <name>', 'a credential it means to use; may be repeated', several)
    .option(
      '--expect-exit <status>',
      'an exit status that is fine; may be repeated',
      (text, before?: number[]) => [...(before ?? []), wholeNumber(text)],
    )
    .option('--env <name=value>', 'a variable it gets, no secret; may be repeated', several)
    .option('--timeout <time>', 'time limit, such as 60s')
    .option('--memory <size>', 'memory limit, such as 512Mi')
    .option('--disk <size>', 'limit on what it may write, such as 256Mi')
    .option('--image <image>', 'the image it runs in')
    .option('--shell <shell>', 'bash or sh')
    .option('--task <task>', 'groups the runs of one automation')
    .option('--intent <summary>', 'what it is meant to do, in words')
    .option('--policy <file>', 'the policy to decide by (default: the one that comes with drylane)')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--runtime <name>', 'OCI runtime, by its name in the engine (default: the engine’s)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      `
Examples:
  drylane rehearse --expect 'blog/*.md' -- python3 scripts/rewrite.py
  drylane rehearse --read-only -- 'git log --oneline | head'
  drylane rehearse -f envelope.yaml --json
  drylane rehearse --read-only -- 'curl -s https://api.github.com/zen | wc -c' --network api.github.com:443

A command that is one word in quotes is whole: what follows it are drylane's flags. Otherwise
every word after -- is the command's.
`,
    )
    .action(async (words: string[], options: Options) => {
      const [{ openLane }, { keepApart }] = await Promise.all([
        import('../embedded/lane.ts'),
        import('../embedded/apart.ts'),
      ]);
      const { envelope, roots } = await envelopeFrom(options, commandFrom(words), context);
      const stateDir = stateDirectory(options.state, context.env);
      await keepApart(envelope, stateDir);
      await using lane = await openLane({
        stateDir,
        policyFile: options.policy,
        roots,
        runtime: options.runtime ?? null,
        env: context.env,
      });
      using _interrupts = onInterrupt(() => lane.close());
      const { report, approvalRequired } = await lane.rehearse(envelope);
      if (options.json) printJson(context, report);
      else context.stdout.write(renderBlock(evidenceBlock(report, approvalRequired), colours(context)));
      done(VERDICT_EXIT[report.verdict]);
    });
}
