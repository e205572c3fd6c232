import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';

/** A content address: `sha256:` and 64 lower-case hexadecimal digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');
export type Digest = z.infer<typeof Digest>;

/** RFC 8785 canonical JSON of a value; throws on what JSON cannot say (a BigInt, NaN, a function). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

/** Digest of bytes, or of a string's UTF-8 bytes. */
export function digestOf(content: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Digest of a value's RFC 8785 canonical JSON: equal values have equal digests, whatever their key order. */
export function digestOfJson(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}
