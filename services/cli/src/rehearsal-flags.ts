import type { Command } from 'commander';
import { type AfarFlags, URL_FLAG } from './afar.ts';
import type { EnvelopeFlags } from './envelope.ts';
import { several, wholeNumber } from './flags.ts';

/** What `rehearse` and `execute` are told on the command line. */
export interface RehearsalFlags extends EnvelopeFlags, AfarFlags {
  readonly snapshot?: string;
  readonly policy?: string;
  readonly state?: string;
  readonly runtime?: string;
  readonly json?: boolean;
}

/** Gives a verb the command it rehearses, and what it is told about how. */
export function withRehearsalFlags(verb: Command): Command {
  return withEnvelopeFlags(verb)
    .option('--snapshot <dir>', 'in a fleet: send this directory, and work on that')
    .option(
      '--policy <file>',
      'the policy to decide by: a file, or standard, strict or open (default: standard)',
    )
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--runtime <name>', 'OCI runtime, by its name in the engine (default: the engine’s)')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output');
}

/** Gives a verb a command and the flags that stand for the fields of an envelope. */
export function withEnvelopeFlags(verb: Command): Command {
  return verb
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
    .option('--promotion <mode>', 'how it lands: auto, apply, rerun or none');
}
