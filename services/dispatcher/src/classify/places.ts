/** Where a path may lie, from harmless to ruinous. */
export const PLACES = [
  'sink',
  'inside',
  'temp',
  'unknown',
  'workspace',
  'outside',
  'home',
  'shared',
  'system',
  'root',
  'device',
] as const;
export type Place = (typeof PLACES)[number];

/** The kernel takes no longer path. */
const MAX_PATH = 4096;

const SINKS = new Set([
  '/dev/null',
  '/dev/stdout',
  '/dev/stderr',
  '/dev/stdin',
  '/dev/tty',
  '/dev/zero',
  '/dev/full',
]);
const TEMP = /^\/(tmp|var\/tmp|private\/tmp|run\/user\/[^/]+|dev\/shm)(\/|$)/;
const SYSTEM =
  /^\/(etc|usr|bin|sbin|lib|lib32|lib64|libx32|boot|var|sys|proc|run|System|Library|Applications|private)(\/|$)/;
/** Software and data of the machine that it starts without. */
const SHARED = /^\/(usr\/(local|share|src)|var\/(www|lib|cache|opt|mail|spool|tmp|log)|Applications)(\/|$)/;
const HOMES = /^(~[A-Za-z0-9_.-]*|\/root|\/(home|Users)\/[^/]+)(\/|$)/;

/**
 * Where a path lies. `directory` is where the command runs: '' the working directory, null unknown.
 * A path that begins with a variable of unknown value is `unknown`.
 */
export function placeOf(path: string, directory: string | null = ''): Place {
  if (path === '') return 'inside';
  if (path.length > MAX_PATH) return 'unknown';
  if (path.startsWith('$') || path.startsWith('`') || path.startsWith('<(')) return 'unknown';
  const fixed = path.startsWith('/') || path.startsWith('~');
  if (!fixed && directory === null) return 'unknown';
  const full = normalise(fixed || directory === '' || directory === null ? path : `${directory}/${path}`);
  if (full.startsWith('/')) return placeOfAbsolute(full);
  if (full.startsWith('~')) return placeOfHome(full);
  if (full.startsWith('$')) return 'unknown';
  if (full === '..' || full.startsWith('../')) return 'outside';
  return /^(\.|\*|\.\*|\*\*|\*\.\*|\{,?\.\*?,?\*?\})$/.test(full) ? 'workspace' : 'inside';
}

function placeOfAbsolute(path: string): Place {
  if (SINKS.has(path) || /^\/dev\/fd\/\d+$/.test(path)) return 'sink';
  if (TEMP.test(path)) return 'temp';
  if (path.startsWith('/dev/')) return 'device';
  if (HOMES.test(path)) return placeOfHome(path);
  // A directory directly under the root is as good as all of what it holds.
  if (/^\/[^/]*(\/[*.]*)?$/.test(path))
    return /^\/(tmp|workspace|app|src|work|repo)/.test(path) ? 'outside' : 'root';
  if (SHARED.test(path)) return 'shared';
  return SYSTEM.test(path) ? 'system' : 'outside';
}

function placeOfHome(path: string): Place {
  return /^[^/]*\/?[*.]*$|^\/root\/?[*.]*$|^\/(home|Users)\/[^/]+\/?[*.]*$/.test(path) ? 'root' : 'home';
}

/** Where there is something to take out: most paths have nothing. */
const UNTIDY = /\/\/|(?:^|\/)\.\.?(?:\/|$)|[\s\S]\/$/;

/** Takes `.`, `..` and doubled slashes out; `..` above the start of a relative path stays. */
export function normalise(path: string): string {
  if (path.length > MAX_PATH || (path !== '' && !UNTIDY.test(path))) return path;
  const absolute = path.startsWith('/');
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (part !== '..' || !absolute) out.push(part);
  }
  return absolute ? `/${out.join('/')}` : out.join('/') || '.';
}

/**
 * What is left of a path when its unknown leading variables are empty: `$X/etc` becomes `/etc`.
 * Null when it does not begin with one.
 */
export function whenUnset(path: string): string | null {
  const rest = path.replace(/^(\$\{[A-Za-z_]\w*\}|\$[A-Za-z_]\w*)+/, '');
  return rest === path ? null : rest;
}

/** Names a device that a mistake destroys: a disk, memory, a partition. */
export function isDisk(path: string): boolean {
  return /^\/dev\/(sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|md|dm-|mapper\/|loop|mem|kmem|port|ram)/.test(path);
}

/** Holds keys, passwords or tokens. */
export function isSecret(path: string): boolean {
  return SECRET.some((pattern) => pattern.test(path));
}

const SECRET: readonly RegExp[] = [
  /(^|\/)\.(ssh|gnupg|aws|azure|kube|password-store|docker)(\/(?!known_hosts|config$)|\/config(\.json)?$|\/?$)/,
  /(^|\/)(id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.npmrc|\.pypirc|\.htpasswd)$/,
  /(^|\/)(shadow|gshadow|master\.passwd|sudoers|krb5\.keytab|spwd\.db|opasswd)[-~]?$|\/(sam|SAM)$/,
  /(^|\/)\.env(\.(?!example|sample|template|dist)[\w.-]+)?$/,
  /(^|\/)\.?(credentials|secrets?|vault-token|terraformrc|boto|s3cfg|dockercfg|kubeconfig)(\.(json|ya?ml|toml|txt|env))?$/,
  /\.(p12|pfx|keystore|jks|kdbx|keytab|ovpn)$/,
  /^\/proc\/[^/]+\/(environ|mem)$|^\/run\/secrets|\/serviceaccount(\/|$)/,
  /(^|\/)(Login Data|key[34]\.db|logins\.json|cookies\.sqlite|Cookies|login\.keychain(-db)?)$/,
  /\.config\/(gcloud|gh|op|hub|doctl)(\/|$)|\.(bash|zsh|sh|python|psql|mysql)_history$/,
];

/** Is named like a key, and may as well be a certificate that everyone may see. */
export function isKeyFile(path: string): boolean {
  return /\.(pem|key|asc|gpg|age|der)$/.test(path);
}

/** Is run by the system or by the next login: what is written there stays in force. */
export function isPersistence(path: string): boolean {
  return PERSISTENCE.some((pattern) => pattern.test(path));
}

const PERSISTENCE: readonly RegExp[] = [
  /^\/(etc|usr\/lib|lib|run)\/(cron|systemd|init|rc|profile|bash|zsh|pam|ld\.so|udev|modprobe|modules|sudoers|xdg\/autostart|update-motd|apt\/apt\.conf|environment|periodic)/,
  /^\/(var\/spool\/(cron|at)|usr\/local\/etc\/rc|Library\/Launch)/,
  /(^|\/)\.(bashrc|bash_profile|bash_login|bash_logout|profile|shrc|zshrc|zshenv|zprofile|zlogin|login|cshrc|tcshrc|xinitrc|xprofile|inputrc|pam_environment|ssh\/(rc|environment|authorized_keys2?|config))$/,
  /(^|\/)(\.config\/(systemd|autostart|fish\/config\.fish)|\.local\/share\/systemd|LaunchAgents|LaunchDaemons)(\/|$)/,
  /(^|\/)\.git\/(hooks\/|config$)/,
  /authorized_keys|ld\.so\.preload|rc\.local$/,
];

/** Records who did what: emptying it hides a trace. */
export function isRecord(path: string): boolean {
  return /^\/var\/(log|audit|run\/utmp|mail|spool\/mail)(\/|$)|(^|\/)\.?\w*_history$|(^|\/)(wtmp|btmp|utmp|lastlog|auth\.log)$|^\/etc\/(r?syslog|audit|security\/audit)/.test(
    path,
  );
}

/**
 * What the brace lists in a path are expanded to, innermost first, and the path as it stands: `{a,b}/c` is `a/c` and
 * `b/c`. Null where they are too many.
 */
export function alternatives(path: string): readonly string[] | null {
  if (path.length > MAX_LISTED) return null;
  const all = [path];
  // Expanded paths are appended, so that their own lists are expanded in their turn.
  for (let i = 0; i < all.length; i++) {
    const list = /\{([^{},]*(?:,[^{},]*)+)\}/.exec(all[i] ?? '');
    if (list === null) continue;
    const [before, behind] = [list.input.slice(0, list.index), list.input.slice(list.index + list[0].length)];
    for (const one of (list[1] ?? '').split(',')) all.push(`${before}${one}${behind}`);
    if (all.length > MAX_ALTERNATIVES) return null;
  }
  return all;
}

const MAX_ALTERNATIVES = 64;
/** Characters of a path whose lists are expanded. */
const MAX_LISTED = 256;

/** The worst place that paths may mean, in any of the directories that the command may run in. */
export function worstPlace(paths: readonly string[], directories: readonly (string | null)[]): Place {
  return ['', ...directories]
    .flatMap((directory) => paths.map((path) => placeOf(path, directory)))
    .reduce((worst, place) => (PLACES.indexOf(place) > PLACES.indexOf(worst) ? place : worst));
}
