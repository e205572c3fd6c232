import type { Problem } from '@drylane/proto/errors';

/** Says what kind of secret an environment entry looks like, or nothing when it looks like none. */
export type LooksSecret = (name: string, value: string) => string | undefined;

// The loader's and the sandbox's own families, and everything bash keeps for itself.
const OWNED_FAMILY = /^(LD_|DYLD_|BASH|_*DRYLANE)/i;

/** Set by the sandbox, or read by the loader or the shell before the command's text has a say. */
const OWNED: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'PWD', 'OLDPWD', 'SHELL', 'SHLVL', '_'],
  ...['ENV', 'SHELLOPTS', 'POSIXLY_CORRECT', 'IFS', 'PS4', 'PROMPT_COMMAND', 'FUNCNEST', 'CHILD_MAX'],
  ...['CDPATH', 'GLOBIGNORE', 'EXECIGNORE', 'TIMEFORMAT', 'PIPESTATUS', 'UID', 'EUID', 'PPID', 'OPTIND'],
  ...['GLIBC_TUNABLES', 'GCONV_PATH', 'LOCPATH', 'NLSPATH', 'MALLOC_TRACE', 'GETCONF_DIR'],
  ...['HOSTALIASES', 'LOCALDOMAIN', 'RES_OPTIONS', 'RESOLV_HOST_CONF'],
]);

/**
 * Whether a variable is the sandbox's to set. With the others an envelope would change how its own text is
 * read (PATH, IFS, BASH_ENV), or what watches the command (LD_PRELOAD), where no score of that text can see it.
 */
export function isOwnedVariable(name: string): boolean {
  return OWNED_FAMILY.test(name) || OWNED.has(name);
}

/** What is wrong with an envelope's `env`; values are never repeated. */
export function environmentProblems(
  env: Readonly<Record<string, string>>,
  credentials: ReadonlySet<string>,
  looksSecret: LooksSecret,
): readonly Problem[] {
  return Object.entries(env).flatMap(([name, value]): Problem[] => {
    const field = `env.${name}`;
    if (isOwnedVariable(name))
      return [
        {
          field,
          message: 'is a variable that the sandbox sets itself',
          mend: 'set it inside the command, where it can be judged',
        },
      ];
    if (credentials.has(name))
      return [
        {
          field,
          message: 'is the name of a credential, which an envelope never holds',
          mend: 'remove it, and name it under intent.credentials',
        },
      ];
    const kind = looksSecret(name, value);
    if (kind === undefined) return [];
    return [
      {
        field,
        message: `looks like a secret (${kind})`,
        mend: 'remove it; let the policy hold it as a credential, and name it under intent.credentials',
      },
    ];
  });
}
