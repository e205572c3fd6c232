// Below these lies what the container is made of, or what its kernel and our own tools show it.
const OWN_TREES = /^\/(bin|sbin|lib[^/]*|etc|proc|sys|dev|run|boot|usr|var\/run|var\/lock|\.drylane)(\/|$)/;
const SOURCES = /^\/usr\/(local\/)?src\/./;

/** Directories of every image whose places below are free, but which must not be covered themselves. */
const OWN_DIRECTORIES: ReadonlySet<string> = new Set([
  '/',
  '/home',
  '/opt',
  '/tmp',
  '/var',
  '/var/cache',
  '/var/lib',
  '/var/log',
  '/var/tmp',
]);

/**
 * Whether a workspace mounted at its own path would hide what the container needs to run a command at all.
 * `path` is absolute, with no `.`, `..`, empty part or trailing slash.
 */
export function coversContainer(path: string): boolean {
  if (OWN_DIRECTORIES.has(path)) return true;
  return OWN_TREES.test(path) && !SOURCES.test(path);
}
