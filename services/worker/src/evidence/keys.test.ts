import { encodePath } from '@drylane/proto/paths';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyOfPath, unescaped } from './keys.ts';

it('a path that evidence tells leads back to its bytes, whatever they are', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1 }),
    fc.string({ minLength: 1 }).map((s) => Buffer.from(s)),
  );
  fc.assert(
    fc.property(bytes, (name) => {
      expect(unescaped(encodePath(Buffer.from(name)))).toBe(Buffer.from(name).toString('latin1'));
    }),
  );
  expect(unescaped(encodePath(Buffer.from('\\x41\\\\x42')))).toBe('\\x41\\\\x42');
});

it('the root is told as a dot', () => {
  expect([keyOfPath('.'), keyOfPath('a\\\\b')]).toEqual(['', 'a\\b']);
});
