import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applied, rehearse, snapshot } from './rehearsed.fixture.ts';

const path = fc
  .array(fc.constantFrom('a', 'b', '.wh.c', "$'\\xff'"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const word = fc.constantFrom('one', 'two', 'three');
const mode = fc.constantFrom('644', '600', '755', '777', '000', '2755');

/** Commands that may fail, as in real life: a failed one changes nothing, or something. */
const operation = fc.oneof(
  // Opening a FIFO that nobody reads would wait for ever.
  fc.tuple(path, word).map(([p, w]) => `[ -p ${p} ] || echo ${w} > ${p}`),
  fc.tuple(path, word).map(([p, w]) => `[ -p ${p} ] || echo ${w} >> ${p}`),
  fc.tuple(path, fc.constantFrom('0', '2', '5000')).map(([p, n]) => `truncate -s ${n} ${p}`),
  fc.tuple(path, mode).map(([p, m]) => `chmod ${m} ${p}`),
  path.map((p) => `chown 1:1 ${p}`),
  path.map((p) => `touch ${p}`),
  path.map((p) => `mkdir -p ${p}`),
  path.map((p) => `rm -f ${p}`),
  path.map((p) => `rm -rf ${p}`),
  path.map((p) => `rmdir ${p}`),
  path.map((p) => `mkfifo ${p}`),
  path.map((p) => `rm -rf ${p}; mkdir ${p}`),
  fc.tuple(path, path).map(([p, q]) => `mv -T ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `mv ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `ln ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `ln -sfn ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `cp -a ${p} ${q}`),
);
const script = (maxLength: number) =>
  fc
    .array(operation, { minLength: 1, maxLength })
    .map((ops) => ops.map((op) => `{ ${op}; } 2>/dev/null || :`).join('\n'));

describe('changes of any sequence of commands on any small tree', () => {
  it('make of the workspace exactly what the command saw, and nothing that stayed equal is among them', async () => {
    await fc.assert(
      fc.asyncProperty(script(20), script(25), async (prepare, command) => {
        const rehearsed = await rehearse(prepare, 4 * 2 ** 20);
        try {
          const [before, fingerprint] = [
            snapshot(rehearsed.lower),
            JSON.stringify([...snapshot(rehearsed.lower)]),
          ];
          rehearsed.run(command);
          const observed = await rehearsed.observe(['a/', '**/b'], ['b/a', '**/.wh.c/']);
          const merged = snapshot(rehearsed.merged);

          expect(observed.complete).toBe(true);
          expect(applied(before, observed.changes, merged)).toEqual(merged);
          for (const change of observed.changes) expect(change.before).not.toEqual(change.after);
          expect(new Set(observed.changes.map((change) => change.path)).size).toBe(observed.changes.length);
          expect(observed.patches.map((patch) => patch.path)).toEqual(
            observed.changes.map((change) => change.path),
          );
          expect(JSON.stringify([...snapshot(rehearsed.lower)])).toBe(fingerprint);
        } finally {
          await rehearsed.end();
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
