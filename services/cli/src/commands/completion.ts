import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';

const SHELLS = { bash, zsh, fish } as const;
type Shell = keyof typeof SHELLS;

export function registerCompletion(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('completion')
    .description('a completion script for your shell')
    .argument('<shell>', Object.keys(SHELLS).join(', '), (text: string): Shell => {
      if (text in SHELLS) return text as Shell;
      throw new InvalidArgumentError(`use one of: ${Object.keys(SHELLS).join(', ')}`);
    })
    .addHelpText('after', '\nExample:\n  drylane completion bash >> ~/.bashrc\n')
    .action((shell: Shell) => {
      context.stdout.write(SHELLS[shell](verbsOf(root)));
      done(EXIT.ok);
    });
}

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
  /** What may stand where its first argument does. */
  readonly words: readonly string[];
}

/** The values of flags that take one of a few. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  '--promotion': ['auto', 'apply', 'rerun', 'none'],
  '--policy': ['standard', 'strict', 'open'],
  '--shell': ['bash', 'sh'],
  '--role': ['submitter', 'approver', 'operator', 'viewer', 'worker'],
};
const VALUED = Object.entries(VALUES);
/** Those that take a file as well. */
const OR_FILE = new Set(['--policy']);

function verbsOf(root: Command): Verb[] {
  return root.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [...new Set([command, ...command.commands].flatMap(flagsOf))],
    words: [
      ...command.commands.map((inner) => inner.name()),
      ...(command.registeredArguments[0]?.name() === 'run' ? ['last'] : []),
      ...(command.name() === 'completion' ? Object.keys(SHELLS) : []),
    ],
  }));
}

function flagsOf({ options }: Command): string[] {
  return options.map((option) => option.long).filter((flag) => flag != null);
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs
    .map(({ name, flags, words }) => `    ${name}) words='${[...words, ...flags].join(' ')}' ;;`)
    .join('\n');
  const values = VALUED.map(([flag, of]) => `    ${flag}) words='${of.join(' ')}' ;;`).join('\n');
  return `# drylane completion for bash
_drylane() {
  local words='${verbs.map((v) => v.name).join(' ')}' current=\${COMP_WORDS[COMP_CWORD]}
  (( COMP_CWORD > 1 )) && case \${COMP_WORDS[1]} in
${cases}
  esac
  case \${COMP_WORDS[COMP_CWORD-1]} in
${values}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _drylane drylane
`;
}

function zsh(verbs: readonly Verb[]): string {
  const list = verbs.map(({ name, description }) => `    '${name}:${inQuotes(description)}'`).join('\n');
  const cases = verbs
    .map(({ name, flags, words }) => `    ${name}) compadd -- ${[...words, ...flags].join(' ')}; _files ;;`)
    .join('\n');
  const values = VALUED.map(
    ([flag, of]) =>
      `    ${flag}) compadd -- ${of.join(' ')};${OR_FILE.has(flag) ? ' _files;' : ''} return ;;`,
  ).join('\n');
  return `#compdef drylane
_drylane() {
  local -a verbs=(
${list}
  )
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  case $words[CURRENT-1] in
${values}
  esac
  case $words[2] in
${cases}
  esac
}
compdef _drylane drylane
`;
}

function fish(verbs: readonly Verb[]): string {
  const lines = verbs.flatMap(({ name, description, flags, words }) => [
    `complete -c drylane -n __fish_use_subcommand -a ${name} -d '${inQuotes(description)}'`,
    ...words.map((word) => `complete -c drylane -n '__fish_seen_subcommand_from ${name}' -a ${word}`),
    ...flags.map((f) => {
      const values =
        VALUES[f] === undefined ? '' : ` ${OR_FILE.has(f) ? '-r' : '-x'} -a '${VALUES[f].join(' ')}'`;
      return `complete -c drylane -n '__fish_seen_subcommand_from ${name}' -l ${f.slice(2)}${values}`;
    }),
  ]);
  return `# drylane completion for fish\n${lines.join('\n')}\n`;
}

const inQuotes = (text: string): string => text.replaceAll("'", '’').replaceAll(':', ',');
