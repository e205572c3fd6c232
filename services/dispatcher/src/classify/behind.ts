import type { Arg, Invocation } from './model.ts';

type Words = Pick<Invocation, 'program' | 'args'>;

/** Programs that run what stands behind `--`. */
const AFTER_DASHES = new Set(
  'kubectl oc npx npm pnpm yarn bunx mise asdf op doppler aws-vault chamber direnv dotenv uv nix lxc incus multipass start-stop-daemon gnome-terminal infisical teller'.split(
    ' ',
  ),
);

/** Flags of `docker run` and `docker exec` without a value; all others take one. */
const BARE =
  /^(-[dit]+|-P|-q|--(detach|interactive|tty|privileged|rm|init|publish-all|read-only|no-healthcheck|oom-kill-disable|sig-proxy|quiet|no-deps|build|service-ports|use-aliases|remove-orphans))$|^--[\w-]+=/;

/** The command that a program starts with its words as they stand, after itself: `docker exec web rm a`, `fd -x rm`. */
export function commandBehind(c: Words): readonly Arg[] {
  switch (c.program) {
    case 'docker':
    case 'podman':
    case 'nerdctl':
    case 'docker-compose':
    case 'podman-compose':
      return inContainer(c.args);
    case 'fd':
    case 'fdfind':
      return afterFlag(c.args, /^(-x|-X|--exec|--exec-batch)$/);
    case 'pidstat':
      return afterFlag(c.args, /^-e$/);
    case 'xterm':
    case 'konsole':
      return afterFlag(c.args, /^-e$/);
    case 'runuser':
      return afterPhrase(c.args, ['-u'], 1).filter((a, i) => i > 0 || a.text !== '--');
    case 'ip':
      return afterPhrase(c.args, ['netns', 'exec'], 1);
    case 'ld.so':
      return afterFlags(c.args, /^--(library-path|preload|audit|inhibit-rpath|argv0|inhibit-cache-path)$/);
    case 'npx':
    case 'bunx':
    case 'pnpx':
    case 'uvx':
      return afterFlags(c.args, /^(-p|--package|--from|--with|--python)$/);
    case 'npm':
    case 'pnpm':
    case 'yarn':
    case 'bun':
    case 'bundle':
    case 'poetry':
    case 'uv':
    case 'pipenv':
      return behindRunner(c);
    case 'git':
      return afterPhrase(c.args, ['bisect', 'run'], 0);
    case 'xdotool':
      return afterPhrase(c.args, ['exec'], 0).filter((a) => a.text !== '--sync');
    default:
      return AFTER_DASHES.has(c.program) ? afterFlag(c.args, /^--$/) : [];
  }
}

/** `bundle exec rake a`, `pnpm dlx a`; `npm run a` runs what the project calls so. */
function behindRunner({ program, args }: Words): readonly Arg[] {
  const runs = RUNNERS.get(program);
  const [first] = args;
  const inner =
    first !== undefined && runs?.test(first.text)
      ? afterFlags(args.slice(1), /^(-p|--package|--with|--python)$/)
      : [];
  return inner.length > 0 ? inner : afterFlag(args, /^--$/);
}

const RUNNERS: ReadonlyMap<string, RegExp> = new Map([
  ['npm', /^(exec|x)$/],
  ['pnpm', /^(exec|dlx)$/],
  ['yarn', /^(exec|dlx)$/],
  ['bun', /^x$/],
  ['bundle', /^exec$/],
  ['poetry', /^run$/],
  ['uv', /^run$/],
  ['pipenv', /^run$/],
]);

function afterFlags(args: readonly Arg[], valued: RegExp): readonly Arg[] {
  let at = 0;
  while (/^-./.test(args[at]?.text ?? '')) {
    if (args[at]?.text === '--') return args.slice(at + 1);
    at += valued.test(args[at]?.text ?? '') ? 2 : 1;
  }
  return args.slice(at);
}

function afterFlag(args: readonly Arg[], flag: RegExp): readonly Arg[] {
  const at = args.findIndex((a) => flag.test(a.text));
  return at < 0 ? [] : args.slice(at + 1);
}

/** What stands after the words, which must follow one another, and after `more` words of their own. */
function afterPhrase(args: readonly Arg[], words: readonly string[], more: number): readonly Arg[] {
  const at = args.findIndex((_, i) => words.every((word, j) => args[i + j]?.text === word));
  return at < 0 ? [] : args.slice(at + words.length + more);
}

/** After `run` or `exec`: flags, a container or an image, then the command. */
function inContainer(args: readonly Arg[]): readonly Arg[] {
  let at = args.findIndex((a) => a.text === 'run' || a.text === 'exec');
  // Anything else before it, such as `build run`, would make it a name.
  if (at < 0 || args.slice(0, at).some((a) => /^(build|pull|push|rm|start|stop|logs|tag)$/.test(a.text)))
    return [];
  at += 1;
  while (at < args.length && /^-./.test(args[at]?.text ?? '')) at += BARE.test(args[at]?.text ?? '') ? 1 : 2;
  return args.slice(at + 1);
}
