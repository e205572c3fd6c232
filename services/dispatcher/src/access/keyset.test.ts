import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Key, makeKey, startIssuer, type TestIssuer } from './issuer.fixture.ts';
import { COOLDOWN_MS, FRESH_MS, type KeySet, keySet, RETRY_MS, STALE_MS } from './keyset.ts';

const NOW = 1_700_000_000_000;

let first: Key;
let second: Key;
let server: TestIssuer;
let keys: KeySet;
beforeAll(async () => {
  first = await makeKey('one');
  second = await makeKey('two');
}, 60_000);
beforeEach(async () => {
  server = await startIssuer();
  server.keys = [first.jwk];
  keys = keySet({ issuer: server.issuer });
});
afterEach(() => server.stop());

const wanted = ({ kid, alg }: Key) => ({ kid, alg });
const fetches = (): number => server.asked.filter((path) => path === '/keys').length;
const found = (key: Key, nowMs: number): Promise<string> =>
  keys.keyFor(wanted(key), nowMs).then(
    ({ type }) => type,
    (error) => error.code,
  );
const down = (_: unknown, response: { destroy(): unknown }): unknown => response.destroy();

describe('the keys of an issuer', () => {
  it('are fetched when they are first needed, once for all who ask', async () => {
    expect(server.asked).toEqual([]);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => found(first, NOW + i)));
    expect(new Set(answers)).toEqual(new Set(['public']));
    expect(server.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
    await Promise.all(Array.from({ length: 20 }, (_, i) => found(first, NOW + 20 - i)));
    expect(fetches()).toBe(1);
  });

  it('are fetched where policy says, without asking the issuer where they are', async () => {
    keys = keySet({ issuer: server.issuer, jwks_uri: `${server.issuer}/keys` });
    expect(await found(first, NOW)).toBe('public');
    expect(server.asked).toEqual(['/keys']);
  });

  it('are fetched again for one that is not there, and not more often than the issuer can bear', async () => {
    await found(first, NOW);
    server.keys = [first.jwk, second.jwk];
    for (let ms = 1; ms < 1000; ms += 10)
      expect(await found(second, NOW + ms)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(fetches()).toBe(1);
    expect(await found(second, NOW + COOLDOWN_MS)).toBe('public');
    expect(fetches()).toBe(2);
    const flood = Array.from({ length: 200 }, (_, i) =>
      found({ ...second, kid: `x${i}` }, NOW + 2 * COOLDOWN_MS),
    );
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['ERR_JWKS_NO_MATCHING_KEY']));
    expect(fetches()).toBe(3);
  });

  it('are renewed while the old ones still count, so that one that was taken back is soon good for nothing', async () => {
    await found(first, NOW);
    server.keys = [second.jwk];
    expect(await found(first, NOW + FRESH_MS - 1)).toBe('public');
    expect(fetches()).toBe(1);
    expect(await found(first, NOW + FRESH_MS)).toBe('public');
    await vi.waitFor(async () => expect(await found(second, NOW + FRESH_MS + 1)).toBe('public'));
    expect(await found(first, NOW + FRESH_MS + 1)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  it('count on while the issuer is down, but not for ever', async () => {
    await found(first, NOW);
    server.instead.set('/keys', down);
    expect(await found(first, NOW + FRESH_MS)).toBe('public');
    await vi.waitFor(async () => {
      expect(await found(first, NOW + STALE_MS - 1)).toBe('public');
      expect(fetches()).toBe(3);
    });
    expect(await found(first, NOW + STALE_MS)).toBe('unavailable');
    server.instead.clear();
    expect(await found(first, NOW + STALE_MS + 1)).toBe('unavailable');
    expect(fetches()).toBe(3);
    expect(await found(first, NOW + STALE_MS + RETRY_MS)).toBe('public');
  });

  it('count no longer for a clock that was set back', async () => {
    await found(first, NOW);
    server.keys = [second.jwk];
    expect(await found(first, NOW - 2 * STALE_MS)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });
});

describe('what is no set of keys', () => {
  const json = (value: unknown) => (_: unknown, response: { end(text: string): unknown }) =>
    response.end(JSON.stringify(value));

  it.each<[string, Parameters<TestIssuer['instead']['set']>[1]]>([
    ['nothing', (_, response) => response.destroy()],
    ['an error', (_, response) => response.writeHead(500).end('{"keys":[]}')],
    ['a page', (_, response) => response.end('<html>')],
    ['half of one', (_, response) => response.end('{"keys":[')],
    ['a list', json([])],
    ['keys that are none', json({ keys: [1, null] })],
    ['too many', json({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) })],
    ['what leads elsewhere', (_, response) => response.writeHead(302, { location: '/other' }).end()],
    ['too much', (_, response) => response.end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`)],
    [
      'a bomb',
      (_, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(Buffer.alloc(200_000_000, ' ')));
      },
    ],
  ])('is not taken for one: %s', async (_, answer) => {
    server.instead.set('/keys', answer);
    server.instead.set('/other', json({ keys: [first.jwk] }));
    await expect(keys.keyFor(wanted(first), NOW)).rejects.toMatchObject({
      code: 'unavailable',
      problems: [{ field: server.issuer }],
    });
    expect(server.asked).not.toContain('/other');
  });

  it('is not waited for: an answer that never ends', async () => {
    server.instead.set('/keys', (_, response) => {
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    });
    expect(await found(first, NOW)).toBe('unavailable');
  }, 15_000);

  it.each([
    ['of another issuer', { issuer: 'http://127.0.0.1:1', jwks_uri: 'http://127.0.0.1:1/keys' }],
    ['without keys', { jwks_uri: undefined }],
    ['with keys that anybody on the way can change', { jwks_uri: 'http://login.example.com/keys' }],
    ['with keys in a file', { jwks_uri: 'file:///etc/keys' }],
  ])('is what stands at a configuration %s', async (_, over) => {
    server.configuration = { ...server.configuration, ...over };
    expect(await found(first, NOW)).toBe('unavailable');
    expect(fetches()).toBe(0);
  });
});

describe('over https', () => {
  let directory: string;
  let secure: TestIssuer;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'drylane-issuer-'));
    const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', [...make, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' });
    secure = await startIssuer({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
    secure.keys = [first.jwk];
  });
  afterAll(async () => {
    await secure?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('an issuer is not believed whose certificate nobody vouches for, and is where somebody does', async () => {
    keys = keySet({ issuer: secure.issuer });
    expect(await found(first, NOW)).toBe('unavailable');
    expect(secure.asked).toEqual([]);
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, readFileSync(join(directory, 'cert'), 'utf8')]);
    try {
      expect(await found(first, NOW + RETRY_MS)).toBe('public');
      secure.configuration = { ...secure.configuration, jwks_uri: `${server.issuer}/keys` };
      keys = keySet({ issuer: secure.issuer });
      expect(await found(first, NOW)).toBe('unavailable');
      expect(server.asked).toEqual([]);
    } finally {
      setDefaultCACertificates(before);
    }
  });
});
