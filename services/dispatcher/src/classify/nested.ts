import type { Arg, Assigned, Pipe, Redirection, Span, Spanned } from './model.ts';
import { SHELLS } from './wrappers.ts';

/** What the search for texts needs to know of a command. */
export interface Carrier extends Spanned {
  readonly program: string;
  readonly name: Arg | null;
  readonly args: readonly Arg[];
  readonly flags: ReadonlyMap<string, Arg | null>;
  readonly operands: readonly Arg[];
  readonly redirections: readonly Redirection[];
  readonly pipe: Pipe | null;
  /** A here-document around it. */
  readonly input: Arg | null;
}

/** Programs that print their own words, so that what follows in the pipeline can be read. */
export const PRINTERS: ReadonlySet<string> = new Set(['echo', 'printf', 'cat', 'true', ':']);

/** Flags whose value a shell reads as commands, or starts as a program. */
const TEXT_FLAGS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    su: ['-c', '--command'],
    runuser: ['-c', '--command'],
    script: ['-c', '--command'],
    flock: ['-c', '--command'],
    'nix-shell': ['--run', '--command'],
    vagrant: ['-c', '--command'],
    gcloud: ['--command'],
    fly: ['-C', '--command'],
    flyctl: ['-C', '--command'],
    mapfile: ['-C'],
    readarray: ['-C'],
    compgen: ['-C'],
    complete: ['-C'],
    npm: ['-c', '--call'],
    npx: ['-c', '--call'],
    rpm: ['--pipe'],
    man: ['-P', '--pager'],
    tar: ['--to-command', '-I', '--use-compress-program'],
    split: ['--filter'],
    zip: ['-TT', '--unzip-command'],
    xterm: ['-e'],
    ssh: ['-o'],
    sftp: ['-o', '-S'],
    scp: ['-o', '-S'],
    rsync: ['-e', '--rsh'],
    openvpn: ['--up', '--down'],
    git: '--tree-filter --index-filter --msg-filter --env-filter --commit-filter --parent-filter --extcmd'.split(
      ' ',
    ),
  }),
);

/** Settings whose value is a command: of ssh behind `-o`, of git behind `-c`. */
const SSH_COMMAND = /^\s*(Proxy|Local|KnownHosts|Remote)Command\s*[= ]\s*/i;

/** Texts in a command that a shell will read as commands: `bash -c`, eval, trap, here-documents, ssh. */
export function codesOf(c: Carrier): Arg[] {
  const { program, operands } = c;
  if (SHELLS.has(program) || (program === '' && isShellVariable(c.name?.text ?? ''))) return codesOfShell(c);
  switch (program) {
    case 'source':
    case '.':
      return isInput(operands[0]) ? inputOf(c) : [];
    case 'eval':
    case 'sg':
      return join(program === 'sg' ? operands.slice(1) : operands);
    case 'ssh':
      return [...flagTexts(c), ...join(skipFlags(after(c, operands[0])))];
    case 'trap':
      return operands.length > 1 ? operands.slice(0, 1) : [];
    case 'awk':
    case 'gawk':
    case 'mawk':
    case 'nawk':
      return c.args.flatMap(awkCommands);
    case 'alias':
      return c.args.flatMap((a) => afterEquals(a));
    case 'env':
      return join([...value(c, '-S'), ...value(c, '--split-string'), ...operands]);
    case 'watch':
    case 'parallel':
    case 'entr':
    case 'hyperfine':
      return join(operands);
    case 'at':
    case 'batch':
      return inputOf(c);
    case 'git':
      return [
        ...flagTexts(c),
        ...valuesBehind(c, '-c').flatMap((a) => (RUNS_CONFIG.test(a.text) ? afterEquals(a) : [])),
        ...(operands[0]?.text === 'difftool' ? value(c, '-x') : []),
        ...(operands[0]?.text === 'archive' ? value(c, '--exec') : []),
        ...(operands[0]?.text === 'rebase' ? [...value(c, '-x'), ...value(c, '--exec')] : []),
        ...(operands[0]?.text === 'submodule' && operands[1]?.text === 'foreach'
          ? join(after(c, operands[1]).filter((a) => !/^--(recursive|quiet)$/.test(a.text)))
          : []),
      ];
    default:
      return [...flagTexts(c), ...elsewhere(c)];
  }
}

/** Texts for a shell on another machine, or in another pane. */
function elsewhere(c: Carrier): Arg[] {
  const { program, operands } = c;
  const first = operands[0]?.text ?? '';
  switch (program) {
    case 'adb':
    case 'heroku':
      return first === 'shell' || first === 'run' ? join(after(c, operands[0])) : [];
    case 'knife':
      return first === 'ssh' ? operands.slice(2) : [];
    case 'salt':
    case 'salt-call':
      return valuesBehind(c, 'cmd.run');
    case 'ansible':
      return RUNS_TEXT.test(c.flags.get('-m')?.text ?? 'command') ? value(c, '-a') : [];
    case 'tmux':
      return NEW_PANE.test(first) ? join(operands.slice(1)) : [];
    default:
      return [];
  }
}

const RUNS_TEXT = /^(ansible\.builtin\.)?(shell|command|raw|script)$/;

/** `system("…")`, `print | "…"` and `"…" | getline` of an awk program, where the command stands in one string. */
const AWK_COMMAND =
  /\bsystem\s{0,9}\(\s{0,9}"((?:\\.|[^"\\]){1,2000})"|\|&?\s{0,9}"((?:\\.|[^"\\]){1,2000})"|"((?:\\.|[^"\\]){1,2000})"\s{0,9}\|&?\s{0,9}getline/g;
const MAX_AWK_COMMANDS = 8;

function awkCommands(a: Arg): Arg[] {
  return [...a.text.matchAll(AWK_COMMAND)].slice(0, MAX_AWK_COMMANDS).map(([, called, printed, read]) => ({
    ...a,
    text: (called ?? printed ?? read ?? '').replace(/\\(.)/g, '$1'),
    offset: null,
  }));
}

function flagTexts(c: Carrier): Arg[] {
  return (TEXT_FLAGS.get(c.program) ?? [])
    .flatMap((flag) => [...new Set([...value(c, flag), ...valuesBehind(c, flag)])])
    .flatMap(commandIn);
}

/** What `-o ProxyCommand=…` starts; other settings start nothing. */
function commandIn(a: Arg): Arg[] {
  const setting = SSH_COMMAND.exec(a.text);
  if (setting !== null)
    return [{ ...a, text: a.text.slice(setting[0].length).replace(/^[;!]+/, ''), offset: null }];
  return /^\w+\s*=/.test(a.text) ? [] : [{ ...a, text: a.text.replace(/^!/, '') }];
}

/** Everything behind a word, flags too: they belong to the command that stands there. */
function after({ args }: Carrier, word: Arg | undefined): readonly Arg[] {
  const at = word === undefined ? -1 : args.indexOf(word);
  return at < 0 ? [] : args.slice(at + 1);
}

/** Flags of ssh may stand behind the host too, before the command. */
function skipFlags(args: readonly Arg[]): readonly Arg[] {
  let at = 0;
  while (/^-./.test(args[at]?.text ?? ''))
    at += /^-[A-Za-z0-9]*[BbcDEeFIiJLlmOopPQRSWw]$/.test(args[at]?.text ?? '') ? 2 : 1;
  return args.slice(at);
}

const NEW_PANE =
  /^(new|new-session|new-window|neww|split-window|splitw|run-shell|run|respawn-pane|if-shell|pipe-pane)$/;

/** Variables whose value other programs start as a command. */
const COMMAND_VARIABLES =
  /^(PROMPT_COMMAND|(GIT_|MAN|CRASH|SYSTEMD_)?PAGER|(GIT_|GIT_SEQUENCE_|SUDO_|HG)?EDITOR|VISUAL|LESSOPEN|LESSCLOSE|BROWSER|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF|(SUDO|SSH|GIT)_ASKPASS|RSYNC_RSH|CVS_RSH|MAILER|FCEDIT)$/;

/** The command in a variable that other programs start: `PAGER='sh -c id' man ls`. */
export function codesOfAssignment({ name, value: given }: Assigned): Arg[] {
  if (given === null || given.text === '' || !COMMAND_VARIABLES.test(name)) return [];
  if (!given.literal && name !== 'PROMPT_COMMAND') return [];
  const text = given.text.replace(/^\|-?\s*/, '');
  return [text === given.text ? given : { ...given, text, offset: null }];
}

/** `$SHELL` names a shell, whatever it holds. */
export function isShellVariable(name: string): boolean {
  return /^\$\{?(SHELL|BASH)\}?$/.test(name);
}

/** Names the standard input, where a file could stand. */
export const isInput = (a: Arg | undefined): boolean =>
  /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/.test(a?.text ?? '');

function codesOfShell(c: Carrier): Arg[] {
  const clusterWithC = [...c.flags.keys()].some((f) => /^[-+][a-zA-Z]*c/.test(f));
  if (clusterWithC) {
    const given = c.flags.get('-c') ?? c.operands[0];
    return given ? [given] : [];
  }
  if (c.operands.length > 0 && !c.flags.has('-s') && !isInput(c.operands[0])) return [];
  return inputOf(c);
}

/** What it reads from its input, where the text says it. */
function inputOf(c: Carrier): Arg[] {
  const bodies = c.redirections.flatMap((r) => r.body ?? []);
  if (bodies.length > 0) return bodies;
  if (c.pipe !== null) return printedBefore(c.pipe, c.span);
  return c.input === null ? [] : [c.input];
}

/** Whether everything that runs before this stage only prints what stands in the text. */
export function isReadable(pipe: Pipe): boolean {
  return [...pipe.line.first].every(([program, stage]) => stage >= pipe.stage || PRINTERS.has(program));
}

/** What the stages before print, where all of it stands in the text. */
export function printedBefore(pipe: Pipe, span: Span): Arg[] {
  if (pipe.stage === 0) return pipe.outer === null ? [] : printedBefore(pipe.outer, span);
  if (!isReadable(pipe)) return [];
  return [...pipe.line.printed]
    .filter(([stage]) => stage < pipe.stage)
    .map(([, text]) => ({ ...PLAIN, span, text }));
}

const PLAIN: Arg = {
  text: '',
  span: [0, 0],
  literal: true,
  glob: false,
  variables: [],
  substitution: false,
  disguised: false,
  offset: null,
};

function value(c: Carrier, flag: string): Arg[] {
  const given = c.flags.get(flag);
  if (given) return [given];
  if (given === undefined) return [];
  const at = c.args.findIndex((a) => a.text === flag);
  const next = c.args[at + 1];
  return next === undefined ? [] : [next];
}

/** Settings of git whose value is a command. */
const RUNS_CONFIG =
  /^(core\.(sshcommand|editor|pager|fsmonitor|gitproxy|askpass)|sequence\.editor|alias\.|pager\.|diff\.external|credential\.helper)/i;

function valuesBehind(c: Carrier, flag: string): Arg[] {
  return c.args.filter((_, i) => c.args[i - 1]?.text === flag);
}

function afterEquals(a: Arg): Arg[] {
  const at = a.text.indexOf('=');
  return at < 0 ? [] : [{ ...a, text: a.text.slice(at + 1).replace(/^!/, ''), offset: null }];
}

/** The words as one text, as eval and ssh make of theirs. */
function join(args: readonly Arg[]): Arg[] {
  const [first, ...more] = args;
  if (first === undefined) return [];
  if (more.length === 0) return [first];
  return [
    {
      text: args.map((a) => a.text).join(' '),
      span: [first.span[0], args.at(-1)?.span[1] ?? first.span[1]],
      literal: args.every((a) => a.literal),
      glob: args.some((a) => a.glob),
      variables: args.flatMap((a) => a.variables),
      substitution: args.some((a) => a.substitution),
      disguised: args.some((a) => a.disguised),
      offset: null,
    },
  ];
}
