import type { KnownSecret } from '@drylane/chassis/redact/known';
import { DrylaneError } from '@drylane/proto/errors';
import type { Policy } from '@drylane/proto/policy';

const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LETTERS = `${UPPER}abcdefghijklmnopqrstuvwxyz`;
const BASE62 = `${DIGITS}${LETTERS}`;
const BASE32 = `${UPPER}234567`;
const HEX = `${DIGITS}abcdef`;

/** Bytes asked of whoever mints: more than the longest shape takes. */
export const SEED_BYTES = 256;

// PKCS #8 for an Ed25519 key is this and the key's 32 bytes (RFC 8410, section 7).
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Part of a token: a text that is always the same, or so many characters of an alphabet. */
type Part = string | readonly [alphabet: string, length: number];

/** Takes the next bytes of a canary's own randomness, or characters made of them. */
interface Source {
  readonly bytes: (length: number) => Buffer;
  readonly text: (alphabet: string, length: number) => string;
}

/**
 * What comes after a mock that is a known prefix. The lengths are those that the issuers document, and that the
 * rules of secret scanners ask for: AWS's IAM identifiers (12 to 20 characters of base32), Slack's token types,
 * OpenAI's, Anthropic's and Google's key formats, GitLab's token overview, DigitalOcean's and Hugging Face's tokens.
 */
const SHAPES: Readonly<Record<string, readonly Part[]>> = {
  github_pat_: [[BASE62, 22], '_', [BASE62, 59]],
  AKIA: [[BASE32, 16]],
  ASIA: [[BASE32, 16]],
  'xoxb-': [[DIGITS, 12], '-', [DIGITS, 12], '-', [BASE62, 24]],
  'xoxp-': [[DIGITS, 12], '-', [DIGITS, 12], '-', [DIGITS, 12], '-', [HEX, 32]],
  'sk-': [[BASE62, 20], 'T3BlbkFJ', [BASE62, 20]],
  'sk-proj-': [[BASE62, 58], 'T3BlbkFJ', [BASE62, 58]],
  'sk-ant-': ['api03-', [BASE62, 93], 'AA'],
  'sk-ant-api03-': [[BASE62, 93], 'AA'],
  'glpat-': [[BASE62, 20]],
  AIza: ['Sy', [BASE62, 33]],
  hf_: [[LETTERS, 34]],
  dop_v1_: [[HEX, 64]],
};

// Six characters at the end are a checksum of the 30 before (GitHub: "Behind GitHub's new authentication token
// formats", 2021; npm: "npm has a new access token format", 2021).
const CHECKSUMMED = /^(?:gh[pousr]|npm)_$/;

/**
 * A fake credential of the shape that a policy's `mock` names, made of `bytes` (at least {@link SEED_BYTES}) and
 * nothing else: the same bytes give the same value.
 *
 * - `ghp_`, `gho_`, `ghu_`, `ghs_`, `ghr_`, `npm_`: 30 random characters and their checksum;
 * - `jwt`, or what begins with `eyJ`: a JSON Web Token (RFC 7519), HS256, whose key nobody has;
 * - `pem`, or what begins with `-----BEGIN`: an Ed25519 private key (RFC 8410) that parses;
 * - another known prefix, such as `AKIA`, `xoxb-`, `sk-`: with what its issuer puts after it;
 * - anything else: itself and 40 letters and digits; `''` is a plain token.
 */
export function mockCredential(mock: string, bytes: Uint8Array): string {
  const source = openSource(bytes);
  if (mock === 'jwt' || mock.startsWith('eyJ')) return jsonWebToken(source);
  if (mock === 'pem' || mock.startsWith('-----BEGIN')) return privateKey(source);
  if (CHECKSUMMED.test(mock)) return mock + checksummed(source.text(BASE62, 30));
  const shape = Object.hasOwn(SHAPES, mock) ? SHAPES[mock] : undefined;
  const parts = shape ?? [[BASE62, 40]];
  return mock + parts.map((part) => (typeof part === 'string' ? part : source.text(...part))).join('');
}

/**
 * Mints a canary for each credential that a command may use, each name once. `random` gives so many bytes of a
 * cryptographic source. How many of the first bytes anybody may know comes with each, for whoever looks for parts.
 */
export function mintCanaries(
  names: readonly string[],
  credentials: Policy['credentials'],
  random: (size: number) => Uint8Array,
): readonly (KnownSecret & { readonly publicPrefix: number })[] {
  return [...new Set(names)].map((name) => {
    const mock = Object.hasOwn(credentials, name) ? (credentials[name]?.mock ?? '') : '';
    const value = mockCredential(mock, random(SEED_BYTES));
    return { name, value, publicPrefix: sameBeginning(value, mockCredential(mock, random(SEED_BYTES))) };
  });
}

/** What two canaries of one shape have in common is no secret. */
function sameBeginning(one: string, other: string): number {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  const first = a.findIndex((byte, at) => byte !== b[at]);
  return first < 0 ? a.length : first;
}

/** Uses each byte once. Two make a character, so that none of an alphabet is likelier than another by a hundredth. */
function openSource(seed: Uint8Array): Source {
  if (seed.length < SEED_BYTES) {
    throw new DrylaneError('internal', {
      field: 'canary',
      message: `has ${seed.length} random bytes`,
      mend: `give at least ${SEED_BYTES}`,
    });
  }
  let used = 0;
  const bytes = (length: number): Buffer => {
    used += length;
    return Buffer.from(seed.subarray(used - length, used));
  };
  const text = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[bytes(2).readUInt16BE() % alphabet.length]).join('');
  return { bytes, text };
}

/** A token and its CRC-32 (ISO 3309), as six digits of base 62. */
function checksummed(token: string): string {
  let rest = crc32(Buffer.from(token));
  let digits = '';
  for (let i = 0; i < 6; i++) {
    digits = `${BASE62[rest % 62]}${digits}`;
    rest = Math.floor(rest / 62);
  }
  return token + digits;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function jsonWebToken(source: Source): string {
  const claims = { iss: 'drylane-canary', jti: source.bytes(24).toString('base64url') };
  const [header, payload] = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${header}.${payload}.${source.bytes(32).toString('base64url')}`;
}

function privateKey(source: Source): string {
  const body = Buffer.concat([ED25519, source.bytes(32)]).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`;
}
