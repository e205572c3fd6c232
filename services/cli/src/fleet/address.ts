import { readSecretFile } from '@drylane/chassis/config/secret-file';
import { DrylaneError } from '@drylane/proto/errors';

/** A dispatcher, and what proves to it who asks. */
export interface Address {
  /** Without a slash at its end. */
  readonly base: string;
  /** The host as people are told it. */
  readonly host: string;
  readonly token: string;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Where to ask, and the token to ask with: that of DRYLANE_TOKEN_FILE or DRYLANE_TOKEN.
 * @throws DrylaneError `bad-input`; nothing that is said holds the token, or a password of the address.
 */
export function addressOf(given: string, env: NodeJS.ProcessEnv): Address {
  const url = urlOf(given);
  return { base: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, host: url.host, token: tokenOf(env) };
}

function urlOf(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw wrongUrl('is not an address of the web', 'write it as https://HOST');
  if (url.username !== '' || url.password !== '')
    throw wrongUrl('names a user', 'leave that out: who asks is told by the token');
  if (url.search !== '' || url.hash !== '') throw wrongUrl('has a ? or # in it', 'end it after its path');
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname))
    throw wrongUrl('is http, by which anybody on the way could read the token', 'write it as https://HOST');
  return url;
}

function tokenOf(env: NodeJS.ProcessEnv): string {
  const { DRYLANE_TOKEN: plain = '', DRYLANE_TOKEN_FILE: file = '' } = env;
  if (plain !== '' && file !== '')
    throw wrongToken('DRYLANE_TOKEN', 'is set, and DRYLANE_TOKEN_FILE too', 'unset one of them');
  if (plain === '' && file === '')
    throw wrongToken('DRYLANE_TOKEN_FILE', 'is not set', 'name the file that holds your token');
  const read = file === '' ? { text: plain } : readSecretFile(file);
  if ('message' in read) throw wrongToken('DRYLANE_TOKEN_FILE', read.message, read.mend);
  // What else stood there would end the header, or begin another one.
  if (/^[!-~]{1,8192}$/.test(read.text)) return read.text;
  throw wrongToken(
    file === '' ? 'DRYLANE_TOKEN' : 'DRYLANE_TOKEN_FILE',
    'does not hold a token: it has spaces or odd characters in it, or is too long',
    'put the token there as it was given out, and nothing else',
  );
}

const wrongUrl = (message: string, mend: string): DrylaneError =>
  new DrylaneError('bad-input', { field: 'DRYLANE_URL', message, mend });

const wrongToken = (field: string, message: string, mend: string): DrylaneError =>
  new DrylaneError('bad-input', { field, message, mend });
