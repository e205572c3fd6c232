import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';
import { recordOf, writeRecord } from './record.ts';

const dead = { pid: 4_000_000, identity: 'another boot/1' };
const patient = { limitMs: 20_000, everyMs: 2, onWait: () => {} };

let scratch = '';
let file = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-lock-'));
  file = join(scratch, 'lock');
});
afterEach(() => rm(scratch, { recursive: true }));

describe('withLock', () => {
  it('lets one at a time in, also when all of them find a dead holder', async () => {
    for (let round = 0; round < 5; round++) {
      await writeRecord(file, dead);
      let inside = 0;
      let most = 0;
      const work = async () => {
        most = Math.max(most, ++inside);
        await sleep(1);
        inside--;
      };
      await Promise.all(Array.from({ length: 12 }, () => withLock(file, patient, work)));
      expect(most).toBe(1);
    }
  });

  it('leaves nothing behind, whether the work succeeds or throws', async () => {
    expect(await withLock(file, patient, async () => 7)).toBe(7);
    await expect(withLock(file, patient, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(await readdir(scratch)).toEqual([]);
  });

  it('gives up on a living holder, and on a file that names nobody, with the command to type', async () => {
    const impatient = { ...patient, limitMs: 20 };
    await writeRecord(file, await recordOf(process.pid));
    const refusal = { code: 'machine-unfit', problems: [{ mend: expect.stringContaining(`rm -f ${file}`) }] };
    await expect(withLock(file, impatient, async () => {})).rejects.toMatchObject(refusal);
    await writeFile(file, 'not a record');
    await expect(withLock(file, impatient, async () => {})).rejects.toMatchObject(refusal);
  });

  it('says once who is waited for', async () => {
    const heard: unknown[] = [];
    const holder = await recordOf(process.pid);
    await writeRecord(file, holder);
    const waiting = withLock(file, { ...patient, onWait: (who) => heard.push(who) }, async () => 'in');
    await sleep(50);
    await rm(file);
    expect(await waiting).toBe('in');
    expect(heard).toEqual([holder]);
  });
});
