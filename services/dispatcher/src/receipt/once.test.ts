import fc from 'fast-check';
import { expect, it } from 'vitest';
import { saysAllOnce } from './once.ts';

it.each([
  '{}',
  '[]',
  '"a"',
  '7',
  '{"a":"a","b":["a","a",{"a":{"a":1}}],"c":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a\\"":1,"a":2,"a\\\\":3}',
  '{"a":"{\\"a\\":","b":"\\\\"}',
])('no name comes twice in %s', (json) => {
  expect(saysAllOnce(json)).toBe(true);
});

it.each([
  '{"a":1,"a":1}',
  '{"a":[{}],"b":{},"a":{}}',
  '{"a":1,"\\u0061":2}',
  '[{},{"b":{"":1,"":2}}]',
  '{"__proto__":1,"__proto__":2}',
  '{ "a" : "}" , "a" : 1 }',
])('a name comes twice in %s', (json) => {
  expect(saysAllOnce(json)).toBe(false);
});

it('none does in anything that was written by JSON itself, and one does where a field is said again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.constantFrom(0, 2), (value, name, space) => {
      const json = JSON.stringify(value, undefined, space);
      expect(saysAllOnce(json)).toBe(true);
      const [key, within] = [JSON.stringify(name), `{${JSON.stringify(name)}:${json}`];
      expect(saysAllOnce(`[${within}}]`)).toBe(true);
      expect(saysAllOnce(`[${within},${key}:0}]`)).toBe(false);
    }),
  );
});
