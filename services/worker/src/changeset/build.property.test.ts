import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ChangeSet } from '@drylane/proto/change-set';
import { canonicalJson, digestOf } from '@drylane/proto/digest';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { snapshot } from '../evidence/rehearsed.fixture.ts';
import { type Changed, change, OLD_TIMES, unpackOver } from './changeset.fixture.ts';

const open: Changed[] = [];
afterEach(async () => {
  for (const changed of open.splice(0)) await changed.end();
});

async function changing(prepare: string, command: string): Promise<Changed> {
  const changed = await change(prepare, command);
  open.push(changed);
  return changed;
}

const path = fc
  .array(fc.constantFrom('a', 'b', 'é', '-c d'), { minLength: 1, maxLength: 3 })
  .map((parts) => `'./${parts.join('/')}'`);
const word = fc.constantFrom('one', 'two', 'three');
const mode = fc.constantFrom('644', '600', '755', '777', '000', '1755', '2755');

/** Commands that may fail, as in real life. */
const operation = fc.oneof(
  fc.tuple(path, word).map(([p, w]) => `echo ${w} > ${p}`),
  fc.tuple(path, word).map(([p, w]) => `echo ${w} >> ${p}`),
  fc.tuple(path, fc.constantFrom('0', '2', '300000')).map(([p, n]) => `truncate -s ${n} ${p}`),
  fc.tuple(path, mode).map(([p, m]) => `chmod ${m} ${p}`),
  path.map((p) => `chown 300000:2097152 ${p}`),
  fc
    .tuple(path, fc.constantFrom('@-1.25', '@1', '@5000000000', '@1000000000.5'))
    .map(([p, t]) => `touch -h -d ${t} ${p}`),
  path.map((p) => `mkdir -p ${p}`),
  path.map((p) => `rm -rf ${p}`),
  path.map((p) => `rm -rf ${p}; mkdir ${p}`),
  fc.tuple(path, path).map(([p, q]) => `mv -T ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `ln ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `ln -sfn ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `cp -a ${p} ${q}`),
  mode.map((m) => `chmod ${m} .`),
);
const script = fc
  .array(operation, { minLength: 1, maxLength: 20 })
  .map((ops) => ops.map((op) => `{ ${op}; } 2>/dev/null || :`).join('\n'));

describe('the change set of any sequence of commands on any small tree', () => {
  it('makes of the base what the command saw, and is the same whenever it is made', async () => {
    let built = 0;
    await fc.assert(
      fc.asyncProperty(script, script, async (prepare, command) => {
        const [first, second] = [
          await changing(`${prepare}\n${OLD_TIMES}`, command),
          await changing(`${prepare}\n${OLD_TIMES}`, command),
        ];
        try {
          const gathered = await first.gather();
          expect(gathered.complete).toBe(true);
          if (gathered.entries.length === 0) expect(snapshot(first.merged)).toEqual(snapshot(first.lower));
          if (gathered.entries.length === 0 || gathered.unpromotable.length > 0) return;
          const one = await first.build();
          expect(ChangeSet.safeParse(one?.changeSet).error).toBeUndefined();
          expect(one?.digest).toBe((await second.build())?.digest);
          expect(one?.digest).toBe(digestOf(canonicalJson(one?.changeSet)));

          const copy = join(first.scratch, 'copy');
          execFileSync('cp', ['-aT', first.lower, copy]);
          unpackOver(copy, first.fileOf(one?.changeSet.layer.digest ?? ''));
          expect(snapshot(copy)).toEqual(snapshot(first.merged));
          built += 1;
        } finally {
          for (const changed of open.splice(0)) await changed.end();
        }
      }),
      { numRuns: 25 },
    );
    expect(built).toBeGreaterThan(5);
  }, 120_000);
});
