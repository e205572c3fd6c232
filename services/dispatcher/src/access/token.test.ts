import { createHash } from 'node:crypto';
import { createRedactor } from '@drylane/chassis/redact/redact';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOfSecret, isSameHash, makeToken, parseToken } from './token.ts';

describe('the text of a token', () => {
  it('says which one it is, and holds 256 bits that prove it', () => {
    const { id, secret, text } = makeToken();
    expect(text).toMatch(/^drl_[A-Za-z0-9]{12}_[A-Za-z0-9]{49}$/);
    expect(text.startsWith(`drl_${id}_${secret}`)).toBe(true);
    expect(secret.length * Math.log2(62)).toBeGreaterThanOrEqual(256);
    expect(parseToken(text)).toEqual({ id, secret });
  });

  it('is never the same twice, and uses every character everywhere', () => {
    const made = Array.from({ length: 2000 }, makeToken);
    expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
    for (const place of [0, 20, 42])
      expect(new Set(made.map(({ secret }) => secret[place])).size).toBeGreaterThan(55);
  });

  it('is known for a secret by our own redactor', () => {
    const { text } = makeToken();
    expect(createRedactor([]).text(`curl -H 'Authorization: Bearer ${text}'`).text).toBe(
      "curl -H 'Authorization: Bearer [redacted:drylane-token]'",
    );
  });

  it('is not taken with any character changed, added or left out', () => {
    const { text } = makeToken();
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'x' ? 'y' : 'x';
      expect(parseToken(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
      expect(parseToken(text.slice(0, at) + text.slice(at + 1))).toBeUndefined();
    }
    for (const odd of [`${text}\n`, ` ${text}`, `${text}x`, text.toUpperCase(), text.repeat(2), `${text}\0`])
      expect(parseToken(odd)).toBeUndefined();
  });

  it('is read from any text without a throw, and without a wait', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^drl_/)), (text) => {
        expect(parseToken(text)).toBeUndefined();
      }),
    );
    const before = process.cpuUsage();
    expect(parseToken(`drl_${'a'.repeat(20_000_000)}`)).toBeUndefined();
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  });
});

describe('the hash of a secret', () => {
  it('is its sha256, and the same as no other', () => {
    const [one, other] = [makeToken().secret, makeToken().secret].map(hashOfSecret);
    expect(hashOfSecret('abc')).toBe(createHash('sha256').update('abc').digest('hex'));
    expect(isSameHash(one ?? '', one ?? '')).toBe(true);
    expect(isSameHash(one ?? '', other ?? '')).toBe(false);
    for (const odd of ['', '0', `${one}0`, 'é'.repeat(32)]) expect(isSameHash(odd, one ?? '')).toBe(false);
  });
});
