import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { kindOf, secretParts } from './known.ts';
import { expandSample } from './samples.ts';

function partsOf(value: string, publicPrefix?: number): readonly string[] {
  return secretParts({ name: 'x', value, ...(publicPrefix === undefined ? {} : { publicPrefix }) }).map(
    String,
  );
}

describe('secretParts', () => {
  it('are the whole of a token but for its public prefix', () => {
    const token = expandSample('<alnum:36>');
    expect(partsOf(`zz9_${token}`)).toEqual([`zz9_${token}`]);
    expect(partsOf(`zz9_${token}`, 4)).toEqual([token]);
  });

  it('are none of what is short', () => {
    expect(partsOf(expandSample('<alnum:23>'))).toEqual([]);
  });

  it('of a private key have none of its armour, and come as they are and unwrapped', () => {
    const body = expandSample('<b64:64>\n<b64:64>\n<b64:12>');
    const pem = `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----\n`;
    expect(partsOf(pem)).toEqual([body, body.replaceAll('\n', '')]);
  });

  it('of two RSA keys have nothing long in common', () => {
    for (const format of ['pkcs8', 'pkcs1'] as const) {
      const [one = [], other = []] = [1, 2].map(() => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        return partsOf(privateKey.export({ type: format, format: 'pem' }).toString());
      });
      expect(one.join('').length).toBeGreaterThan(1000);
      const pieces = one.flatMap((part) => Array.from(part, (_, at) => part.slice(at, at + 12)));
      const shared = pieces.filter(
        (piece) => piece.length === 12 && other.some((part) => part.includes(piece)),
      );
      expect(shared).toEqual([]);
    }
  });

  it('of a web token have nothing of the header', () => {
    const rest = expandSample('eyJ<alnum:60>.<alnum:43>');
    expect(partsOf(`eyJhbGciOiJIUzI1NiJ9.${rest}`)).toEqual([rest]);
  });
});

describe('kindOf', () => {
  it('makes a label of a name', () => {
    expect(kindOf('GITHUB_TOKEN')).toBe('github-token');
    expect(kindOf('__')).toBe('known-secret');
  });
});
