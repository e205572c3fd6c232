import { createHash, createPrivateKey, randomBytes, sign, verify } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { watchFor } from '@drylane/chassis/redact/watch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mintCanaries, mockCredential, SEED_BYTES } from './canaries.ts';

/** Each mock that means more than a prefix, the whole shape, and the kind that a redactor's rules take it for. */
const SHAPES: readonly (readonly [mock: string, shape: RegExp, kind: string])[] = [
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map(
    (mock) => [mock, new RegExp(`^${mock}[0-9A-Za-z]{36}$`), 'github-token'] as const,
  ),
  ['github_pat_', /^github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}$/, 'github-token'],
  ['npm_', /^npm_[0-9A-Za-z]{36}$/, 'npm-token'],
  ['AKIA', /^AKIA[A-Z2-7]{16}$/, 'aws-access-key'],
  ['ASIA', /^ASIA[A-Z2-7]{16}$/, 'aws-access-key'],
  ['jwt', /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/, 'jwt'],
  ['eyJ', /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/, 'jwt'],
  ['pem', /^-----BEGIN PRIVATE KEY-----\n[\w+/=]{64}\n-----END PRIVATE KEY-----$/, 'private-key'],
  ['-----BEGIN', /^-----BEGIN PRIVATE KEY-----\n/, 'private-key'],
  ['-----BEGIN RSA PRIVATE KEY-----', /^-----BEGIN PRIVATE KEY-----\n/, 'private-key'],
  ['xoxb-', /^xoxb-\d{12}-\d{12}-[0-9A-Za-z]{24}$/, 'slack-token'],
  ['xoxp-', /^xoxp-\d{12}-\d{12}-\d{12}-[0-9a-f]{32}$/, 'slack-token'],
  ['sk-', /^sk-[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20}$/, 'openai-key'],
  ['sk-proj-', /^sk-proj-[0-9A-Za-z]{58}T3BlbkFJ[0-9A-Za-z]{58}$/, 'openai-key'],
  ['sk-ant-', /^sk-ant-api03-[0-9A-Za-z]{93}AA$/, 'anthropic-key'],
  ['sk-ant-api03-', /^sk-ant-api03-[0-9A-Za-z]{93}AA$/, 'anthropic-key'],
  ['glpat-', /^glpat-[0-9A-Za-z]{20}$/, 'gitlab-token'],
  ['AIza', /^AIzaSy[0-9A-Za-z]{33}$/, 'gcp-api-key'],
  ['hf_', /^hf_[A-Za-z]{34}$/, 'huggingface-token'],
  ['dop_v1_', /^dop_v1_[0-9a-f]{64}$/, 'digitalocean-token'],
];

// As even as random bytes are, and the same again for the same number.
function seedOf(n: number): Uint8Array {
  return createHash('shake256', { outputLength: SEED_BYTES }).update(`${n}`).digest();
}

const seed = fc.nat().map(seedOf);

const rules = createRedactor([]);

describe('a mocked credential', () => {
  it.each(SHAPES)('for %j has the shape that clients and scanners expect', (mock, shape, kind) => {
    fc.assert(
      fc.property(seed, (bytes) => {
        const value = mockCredential(mock, bytes);
        expect(value).toMatch(shape);
        expect(rules.text(`see ${value} there`)).toMatchObject({
          text: `see [redacted:${kind}] there`,
          kinds: { [kind]: 1 },
        });
        expect(mockCredential(mock, bytes)).toBe(value);
      }),
      { numRuns: 30 },
    );
  });

  it('for any other mock begins with it, and a plain token has no beginning', () => {
    for (const mock of ['', 'acme_', 'ghp_more', 'constructor', '__proto__', 'ghx_']) {
      const value = mockCredential(mock, randomBytes(SEED_BYTES));
      expect(value.slice(0, mock.length)).toBe(mock);
      expect(value.slice(mock.length)).toMatch(/^[0-9A-Za-z]{40}$/);
    }
  });

  it('of GitHub and npm ends with the CRC-32 of its random part in base 62', () => {
    for (const mock of ['ghp_', 'ghs_', 'npm_']) {
      const value = mockCredential(mock, randomBytes(SEED_BYTES));
      const digits = [...value.slice(34)].map((digit) => BASE62.indexOf(digit));
      expect(digits.reduce((sum, digit) => sum * 62 + digit, 0)).toBe(crc32(value.slice(4, 34)));
    }
  });

  it('that is a private key signs', () => {
    const key = createPrivateKey(mockCredential('pem', randomBytes(SEED_BYTES)));
    expect(key.asymmetricKeyType).toBe('ed25519');
    const signature = sign(null, Buffer.from('x'), key);
    expect(verify(null, Buffer.from('x'), key, signature)).toBe(true);
  });

  it('that is a JSON Web Token says who issued it', () => {
    const [header, claims] = mockCredential('jwt', randomBytes(SEED_BYTES))
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(claims).toEqual({ iss: 'drylane-canary', jti: expect.stringMatching(/^[\w-]{32}$/) });
  });

  it('has at least 100 random bits, but for those of AWS, which have room for 80', () => {
    const seeds = Array.from({ length: 400 }, (_, n) => seedOf(n));
    for (const [mock] of SHAPES) {
      const values = seeds.map((bytes) => mockCredential(mock, bytes));
      const bits = Array.from(values[0] ?? '', (_, at) =>
        Math.log2(new Set(values.map((value) => value[at])).size),
      );
      const least = /^A[KS]IA$/.test(mock) ? 80 : 100;
      expect([mock, bits.reduce((sum, some) => sum + some, 0) >= least]).toEqual([mock, true]);
    }
  });

  it('is not made of too few random bytes', () => {
    expect(() => mockCredential('', new Uint8Array(SEED_BYTES - 1))).toThrow('canary: has 255 random bytes');
  });
});

describe('mintCanaries', () => {
  const credentials = Object.fromEntries(SHAPES.map(([mock], index) => [`C_${index}`, { mock }]));
  const names = [...Object.keys(credentials), 'NOT_IN_POLICY', 'constructor'];

  it('gives each name one value, and no two the same', () => {
    const canaries = mintCanaries([...names, ...names], credentials, randomBytes);
    expect(canaries.map(({ name }) => name)).toEqual(names);
    expect(new Set(canaries.map(({ value }) => value)).size).toBe(names.length);
  });

  it('says what of a value anybody may know, so that other values of its shape are not taken for it', () => {
    const watch = watchFor(mintCanaries(names, credentials, randomBytes));
    for (const { value } of mintCanaries(names, credentials, randomBytes)) {
      expect(watch.in(Buffer.from(value))).toEqual([]);
      expect(watch.in(Buffer.from(Buffer.from(value).toString('base64')))).toEqual([]);
    }
  });

  // The others are too short to be told by half of them.
  it.each(SHAPES.filter(([mock]) => !/^(?:A[KS]IA|glpat-)$/.test(mock)))(
    'gives values for %j of which a half is found as well',
    (mock) => {
      const [canary] = mintCanaries(['NAME'], { NAME: { mock } }, randomBytes);
      if (canary === undefined) throw new Error('no canary');
      const { value, publicPrefix } = canary;
      const middle = publicPrefix + Math.floor((value.length - publicPrefix) / 2);
      const halves = [value.slice(0, middle), value.slice(middle)];
      const found = halves.flatMap((half) => watchFor([canary]).in(Buffer.from(half)));
      expect(found).toContain('NAME');
    },
  );
});

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
