import type { Target } from './attempts.ts';
import type { Result } from './line.ts';

/** Where programs look up users, groups and clock sequences on their own; a container has none of these services. */
const LOOK_UPS =
  /^(?:\/(?:var\/)?run\/(?:nscd\/socket|uuidd\/request)|\/run\/systemd\/userdb\/(?!io\.systemd\.Machine$)[^/]+)$/;

/** Who asks the network for names, for whoever asks there. */
const RESOLVERS = /^\/(?:var\/)?run\/(?:systemd\/resolve\/[^/]+|avahi-daemon\/socket)$/;

/** Answers of a socket behind which somebody is, in the container. */
const ANSWERS: ReadonlySet<string | null> = new Set(['EAGAIN', 'EISCONN', 'EINPROGRESS', 'EALREADY']);

/**
 * What a connection or a send to a unix socket reaches for; null where somebody in the container answered. That a
 * process of the trace bound the path says nothing: the name may be gone, and live it is the real service's.
 */
export function unixTarget(path: string, { value, error }: Result): Target | null {
  const answered = error === null ? value !== null && value >= 0 : ANSWERS.has(error);
  if (answered || LOOK_UPS.test(path)) return null;
  return { protocol: RESOLVERS.test(path) ? 'dns' : 'unix', host: null, address: path, port: null };
}
