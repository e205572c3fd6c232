import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 12;
/** 43 of 62 characters are more than 256 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

const TOKEN = /^drl_([A-Za-z0-9]{12})_([A-Za-z0-9]{43})([A-Za-z0-9]{6})$/;

/** How every token begins. */
export const TOKEN_PREFIX = 'drl_';

/** The longest text that is looked at as a proof of who asks. */
export const MAX_BEARER_LENGTH = 8192;

/** What stands in a token's text: which one it is, for anybody to know, and what proves it. */
export interface TokenParts {
  readonly id: string;
  readonly secret: string;
}

/**
 * Makes a new token: `drl_ID_SECRET` with a checksum at its end. The form lets our own redactor and scanners for
 * secrets know it; the checksum lets them, and us, tell a token from what only looks so. It proves nothing.
 */
export function makeToken(): TokenParts & { readonly text: string } {
  const id = randomText(ID_LENGTH);
  const secret = randomText(SECRET_LENGTH);
  const body = `${TOKEN_PREFIX}${id}_${secret}`;
  return { id, secret, text: body + checksumOf(body) };
}

/** The parts of a token's text; undefined for any other text, however long. */
export function parseToken(text: string): TokenParts | undefined {
  const [, id, secret, checksum] = TOKEN.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return checksum === checksumOf(`${TOKEN_PREFIX}${id}_${secret}`) ? { id, secret } : undefined;
}

/**
 * What is kept of a secret. A slow hash makes guessing costly where there is little to guess; nobody guesses 256
 * random bits, however fast each try is, and a slow one would let strangers keep the dispatcher busy.
 */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether two hashes are the same, in a time that does not tell how much of them is. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  while (text.length < CHECKSUM_LENGTH) {
    text = (ALPHABET[rest % ALPHABET.length] ?? '') + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
