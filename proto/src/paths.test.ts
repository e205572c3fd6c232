import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyPath,
  compilePattern,
  decodePath,
  encodePath,
  matchesPattern,
  PathPattern,
  pathRules,
} from './paths.ts';

const matches = (pattern: string, path: string | Uint8Array, absolute = false): boolean =>
  matchesPattern(compilePattern(pattern), Buffer.from(path), absolute);

describe('a path as text', () => {
  it('is the same path again, whatever its bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.constantFrom(0x5c, 0x78, 0x61, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0xef, 0xbb, 0xbf, 0x0a), {
        maxLength: 20,
      }),
    );
    fc.assert(
      fc.property(bytes, (path) => {
        expect([...decodePath(encodePath(Uint8Array.from(path)))]).toEqual([...path]);
      }),
      { numRuns: 2000 },
    );
  });

  it('differs for different bytes, and is well-formed', () => {
    const bytes = fc.array(fc.constantFrom(0x5c, 0x78, 0x66, 0xff, 0xc3, 0xa9), { maxLength: 5 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [left, right] = [encodePath(Uint8Array.from(a)), encodePath(Uint8Array.from(b))];
        expect(left === right).toBe(Buffer.from(a).equals(Buffer.from(b)));
        expect(left.isWellFormed()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [[0x61, 0xff, 0x62], 'a\\xffb'],
    [[...Buffer.from('é\\x')], 'é\\\\x'],
    [[0xc3], '\\xc3'],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    [[0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
    [[...Buffer.from('a\nb')], 'a\nb'],
    [[], ''],
  ])('of the bytes %j is %j', (bytes, text) => {
    expect(encodePath(Uint8Array.from(bytes))).toBe(text);
  });

  it('reads a view into a larger buffer as that view alone', () => {
    const whole = Buffer.from('xxa/byy');
    expect(encodePath(whole.subarray(2, 5))).toBe('a/b');
    expect(matches('a/b', whole.subarray(2, 5))).toBe(true);
  });
});

describe('a pattern', () => {
  it.each([
    [
      'blog/*.md',
      ['blog/a.md', 'blog/.md', 'blog/.a.md', 'blog/a\nb.md'],
      ['blog/a.mdx', 'blog/x/a.md', 'blog', 'a.md', 'x/blog/a.md'],
    ],
    ['*', ['a', '.git', 'a b'], ['a/b']],
    ['**', ['a', 'a/b/c', '.git/config'], []],
    ['**/x', ['x', 'a/x', 'a/b/x'], ['ax', 'x/a']],
    ['a/**', ['a', 'a/b', 'a/b/c'], ['b', 'ab', 'ab/c']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a', 'b', 'a/x', 'a/b/x']],
    ['secrets/', ['secrets', 'secrets/a', 'secrets/a/b'], ['secret', 'secretsa', 'x/secrets', 'Secrets']],
    ['**/node_modules/', ['node_modules', 'a/node_modules/b/c'], ['a/node_modulesx/b']],
    ['*/', ['a', 'a/b'], []],
    ['./', ['a', 'a/b', ''], []],
    ['./a', ['a'], ['./a']],
    ['.env*', ['.env', '.env.local'], ['a/.env', '.en']],
    ['a**b', ['ab', 'axb', 'axyb'], ['a/b', 'ax/yb']],
    ['[a]?{b,c}', ['[a]?{b,c}'], ['a', 'axb', '[a]xb']],
    ['a.b', ['a.b'], ['axb']],
    ['é*', ['é', 'éx'], ['e', 'è']],
    ['\\*', ['\\x', '\\'], ['*']],
  ] as const)('%s', (pattern, yes, no) => {
    expect(PathPattern.safeParse(pattern).success).toBe(true);
    expect(yes.filter((path) => !matches(pattern, path))).toEqual([]);
    expect(no.filter((path) => matches(pattern, path))).toEqual([]);
  });

  it('with a leading slash means the container, and never the workspace', () => {
    expect(matches('/etc/hosts', 'etc/hosts', true)).toBe(true);
    expect(matches('/etc/hosts', 'etc/hosts')).toBe(false);
    expect(matches('etc/hosts', 'etc/hosts', true)).toBe(false);
    expect(matches('/etc/', 'etc/ssh/x', true)).toBe(true);
  });

  it('takes a byte that is not UTF-8 for a character', () => {
    expect(matches('a*b', Uint8Array.of(0x61, 0xff, 0xfe, 0x62))).toBe(true);
    expect(matches('secrets/', Buffer.from('secrets/\xff', 'latin1'))).toBe(true);
    expect(matches('a\ufffd', Uint8Array.of(0x61, 0xff))).toBe(false);
  });

  it('agrees with a naive matcher', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', 'a*', '*b', 'a*b', '*a*', 'ab');
    const pattern = fc.tuple(fc.array(part, { minLength: 1, maxLength: 5 }), fc.boolean());
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', ''), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pattern, path, ([parts, subtree], names) => {
        const text = parts.join('/') + (subtree ? '/' : '');
        expect(matches(text, names.join('/')), `${text} on ${names.join('/')}`).toBe(
          naive(parts, subtree, names),
        );
      }),
      { numRuns: 5000 },
    );
  });
});

/** The definition written as it is said: exponential, and obviously right. */
function naive(pattern: readonly string[], subtree: boolean, path: readonly string[]): boolean {
  const [part, ...parts] = pattern;
  const [name, ...names] = path;
  if (part === undefined) return subtree || name === undefined;
  if (part === '**')
    return naive(parts, subtree, path) || (name !== undefined && naive(pattern, subtree, names));
  return name !== undefined && naiveName(part, name) && naive(parts, subtree, names);
}

function naiveName(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] === '*')
    return naiveName(pattern.slice(1), name) || (name !== '' && naiveName(pattern, name.slice(1)));
  return name !== '' && pattern[0] === name[0] && naiveName(pattern.slice(1), name.slice(1));
}

describe('a hostile pattern', () => {
  // Backtracking would take longer than the universe has been there: then the test does not end.
  it.each([
    ['stars in a name', '*a'.repeat(2000), `${'a'.repeat(4000)}b`],
    ['stars across names', '**/a/'.repeat(800), `${'a/'.repeat(2000)}b`],
    ['double stars', '**/*/'.repeat(600).concat('x'), 'a/'.repeat(2000)],
    ['both', '**/*a*a*a*b/'.repeat(300), `${'aaaaaaaaaaaa/'.repeat(300)}c`],
  ])('ends: %s', (_, pattern, path) => {
    expect(PathPattern.safeParse(pattern).success).toBe(true);
    expect(typeof matches(pattern, path)).toBe('boolean');
  });

  it.each([
    ['slashes', '/'.repeat(4096)],
    ['dots', '../'.repeat(1365)],
    ['almost dots', '..a/'.repeat(1024)],
    ['single dots', './'.repeat(2048)],
  ])('is checked: %s', (_, pattern) => {
    expect(typeof PathPattern.safeParse(pattern).success).toBe('boolean');
  });
});

describe('what a pattern may be', () => {
  it('agrees with a plain reading of the rules', () => {
    const text = fc.array(fc.constantFrom('a', '.', '..', '/', '//', '*', '\0', '\n', './', '-'), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const pattern = parts.join('');
        expect(PathPattern.safeParse(pattern).success, JSON.stringify(pattern)).toBe(allowed(pattern));
      }),
      { numRuns: 5000 },
    );
  });

  it('is at most 4096 characters, all of them whole', () => {
    expect(PathPattern.safeParse('a'.repeat(4096)).success).toBe(true);
    expect(PathPattern.safeParse('a'.repeat(4097)).success).toBe(false);
    expect(PathPattern.safeParse('a\ud800').success).toBe(false);
  });
});

function allowed(pattern: string): boolean {
  const parts = pattern.replace(/^\.\//, '').split('/');
  return (
    pattern !== '' &&
    pattern !== '/' &&
    !pattern.includes('\0') &&
    !pattern.includes('//') &&
    !parts.includes('..') &&
    !parts.includes('.')
  );
}

describe('where a path stands', () => {
  const rules = pathRules(['blog/', '/etc/hosts'], ['blog/secret*', '/etc/']);
  const classify = (path: string, absolute = false) => classifyPath(rules, Buffer.from(path), absolute);

  it('is forbidden even if it is expected too', () => {
    expect(classify('blog/secret.md')).toBe('forbidden');
    expect(classify('etc/hosts', true)).toBe('forbidden');
  });

  it('is expected or a surprise otherwise', () => {
    expect(classify('blog/a.md')).toBe('expected');
    expect(classify('index.html')).toBe('surprise');
    expect(classify('etc/hosts')).toBe('surprise');
    expect(classify('blog/a.md', true)).toBe('surprise');
  });

  it('is never better for one more forbidden pattern', () => {
    const pattern = fc.constantFrom('a', 'a/', '*', '**', 'a/*', '**/b', 'a/b');
    const path = fc.constantFrom('a', 'b', 'a/b', 'a/b/c');
    fc.assert(
      fc.property(fc.array(pattern), fc.array(pattern), pattern, path, (expected, forbidden, extra, name) => {
        const before = classifyPath(pathRules(expected, forbidden), Buffer.from(name));
        const after = classifyPath(pathRules(expected, [...forbidden, extra]), Buffer.from(name));
        expect(after === before || after === 'forbidden').toBe(true);
      }),
    );
  });
});
