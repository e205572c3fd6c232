import type { Arg, Pipe, Redirection, Span, Spanned } from './model.ts';
import { SHELLS } from './wrappers.ts';

/** What the search for texts needs to know of a command. */
export interface Carrier extends Spanned {
  readonly program: string;
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

/** Programs that run what stands behind `--`. */
const AFTER_DASHES = new Set(
  'kubectl oc npx npm pnpm yarn bunx mise asdf op doppler aws-vault chamber direnv dotenv uv nix docker podman lxc'.split(
    ' ',
  ),
);

/** Texts in a command that a shell will read as commands: `bash -c`, eval, trap, here-documents, ssh. */
export function codesOf(c: Carrier): Arg[] {
  const { program, operands } = c;
  if (SHELLS.has(program)) return codesOfShell(c);
  switch (program) {
    case 'eval':
    case 'sg':
      return join(program === 'sg' ? operands.slice(1) : operands);
    case 'ssh':
      return join(operands.slice(1));
    case 'trap':
      return operands.length > 1 ? operands.slice(0, 1) : [];
    case 'alias':
      return c.args.flatMap((a) => afterEquals(a));
    case 'su':
    case 'runuser':
    case 'script':
    case 'flock':
      return [...value(c, '-c'), ...value(c, '--command')];
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
      return valuesBehind(c, '-c').flatMap((a) => (RUNS_CONFIG.test(a.text) ? afterEquals(a) : []));
    case 'nix-shell':
      return [...value(c, '--run'), ...value(c, '--command')];
    default:
      return [];
  }
}

/** The command behind `--` of programs that start another one there. */
export function commandAfterDashes({ program, args }: Carrier): readonly Arg[] {
  if (!AFTER_DASHES.has(program)) return [];
  const at = args.findIndex((a) => a.text === '--');
  return at < 0 ? [] : args.slice(at + 1);
}

function codesOfShell(c: Carrier): Arg[] {
  const clusterWithC = [...c.flags.keys()].some((f) => /^[-+][a-zA-Z]*c/.test(f));
  if (clusterWithC) {
    const given = c.flags.get('-c') ?? c.operands[0];
    return given ? [given] : [];
  }
  if (c.operands.length > 0 && !c.flags.has('-s') && c.operands[0]?.text !== '-') return [];
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

function printedBefore(pipe: Pipe, span: Span): Arg[] {
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
