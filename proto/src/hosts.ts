import type { NetworkAttempt } from './evidence.ts';

/** As much of an attempt as a pattern can mean. */
type Tried = Pick<NetworkAttempt, 'protocol' | 'host' | 'address' | 'port'>;

/**
 * Whether a pattern of intent (`host`, `host:port`, `*.domain`, `*.domain:port`) means what was tried.
 * `*.domain` is every name below the domain and not the domain itself; without a port, any port is meant. A
 * look-up of a name is part of reaching it on whatever port. An address counts only where it is named itself, but for
 * `localhost`, which is every address of loopback. `unix:/path` is the socket at that path, and nothing else is one.
 */
export function namesHost(pattern: string, attempt: Tried): boolean {
  if (pattern.startsWith(UNIX))
    return attempt.protocol === 'unix' && attempt.address === pattern.slice(UNIX.length);
  if (attempt.protocol === 'unix') return false;
  const [, wildcard = '', name = '', port] = /^(\*\.)?([^:]+)(?::(\d+))?$/.exec(pattern) ?? [];
  if (name === '') return false;
  const tried = plain(attempt.host ?? attempt.address ?? '');
  const named =
    wildcard === ''
      ? tried === plain(name) || (plain(name) === 'localhost' && LOOPBACK.test(tried))
      : tried.endsWith(`.${plain(name)}`);
  if (!named) return false;
  return port === undefined || attempt.protocol === 'dns' || attempt.port === Number(port);
}

const UNIX = 'unix:';
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1)$/;

function plain(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
