import { pathRules } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addedClasses, forest, inPreorder, ownClasses } from './classes.ts';
import { collapse } from './collapse.ts';

/** Paths with all their parents, as they are found on a disk; names that sort on both sides of the slash. */
const trees = fc
  .array(fc.array(fc.constantFrom('a', 'b', 'a!', 'a0', 'x'), { minLength: 1, maxLength: 5 }), {
    maxLength: 30,
  })
  .map((paths) => {
    const all = new Set(paths.flatMap((parts) => parts.map((_, i) => parts.slice(0, i + 1).join('/'))));
    return inPreorder([...all].map((key) => ({ key }))).map(({ key }) => key);
  });
const patterns = fc.array(fc.constantFrom('a/', 'b', '*/x', '**/a0', 'a/b/', 'x/*', '**', 'b/a/x'), {
  maxLength: 3,
});

const below = (key: string, keys: readonly string[]) => keys.filter((other) => other.startsWith(`${key}/`));

describe('paths in preorder', () => {
  it('have right behind them all that is below them', () => {
    fc.assert(
      fc.property(trees, (keys) => {
        const { end, parent } = forest(keys);
        for (const [index, key] of keys.entries()) {
          expect(keys.slice(index + 1, end[index])).toEqual(below(key, keys));
          const above = key.includes('/') ? key.slice(0, key.lastIndexOf('/')) : undefined;
          expect(keys[parent[index] ?? -1]).toBe(above);
        }
      }),
    );
  });
});

describe('classes of added paths', () => {
  it('are those of the rules, but that parents of expected paths are expected unless forbidden', () => {
    fc.assert(
      fc.property(trees, patterns, patterns, (keys, expected, forbidden) => {
        const rules = pathRules(expected, forbidden);
        const own = ownClasses(rules, keys);
        const classes = addedClasses(rules, keys, forest(keys));
        for (const [index, key] of keys.entries()) {
          const leads = below(key, keys).some((other) => own[keys.indexOf(other)] === 'expected');
          expect(classes[index]).toBe(own[index] === 'surprise' && leads ? 'expected' : own[index]);
        }
      }),
      // A forbidden directory on the way to an expected path.
      { examples: [[['x', 'x/a', 'x/a/a0'], ['**/a0'], ['x/*']]] },
    );
  });
});

describe('collapsing', () => {
  it('keeps each path once, together only with paths of its class, and as far up as that goes', () => {
    fc.assert(
      fc.property(
        trees,
        patterns,
        patterns,
        fc.integer({ min: 1, max: 6 }),
        (keys, expected, forbidden, least) => {
          const shape = forest(keys);
          const classes = ownClasses(pathRules(expected, forbidden), keys);
          const groups = collapse(classes, shape, least);
          expect(groups.flatMap(({ index, entries }) => keys.slice(index, index + entries))).toEqual(keys);
          for (const { index, entries } of groups) {
            const inside = classes.slice(index, index + entries);
            expect(new Set(inside).size).toBe(1);
            if (entries > 1) expect(entries).toBe((shape.end[index] ?? 0) - index);
            else {
              const whole = classes.slice(index, shape.end[index]);
              expect(whole.length < Math.max(2, least) || new Set(whole).size > 1).toBe(true);
            }
          }
        },
      ),
    );
  });
});
