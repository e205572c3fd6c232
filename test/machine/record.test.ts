import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOf, parseStat } from './identity.ts';
import { forgetRecord, isAlive, parseRecord, readRecord, recordOf, writeRecord } from './record.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-record-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe('parseStat', () => {
  it('is not misled by a name that its process chose', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), fc.nat(), fc.nat(), (name, start, pid) => {
        const before = Array.from({ length: 18 }, (_, i) => i).join(' ');
        expect(parseStat(`${pid} (${name}) S ${before} ${start} 7 8 9`)).toEqual({
          state: 'S',
          startTicks: String(start),
        });
      }),
    );
  });

  it('answers null for what is no such line', () => {
    for (const text of ['', '12', '12 (a) S 1 2', '12 (a) 1 2 3', ') '.repeat(40)])
      expect(parseStat(text)).toBeNull();
  });
});

describe('identityOf', () => {
  it('is the same for one process and different for two', async () => {
    const own = await identityOf(process.pid);
    expect(own).not.toBeNull();
    expect(await identityOf(process.pid)).toBe(own);
    expect(await identityOf(1)).not.toBe(own);
  });

  it('is null for a process that has ended, and for what is no pid', async () => {
    const child = spawn('true');
    const pid = child.pid ?? 0;
    await once(child, 'close');
    expect(await identityOf(pid)).toBeNull();
    for (const none of [0, -1, 1.5, Number.NaN, 2 ** 31]) expect(await identityOf(none)).toBeNull();
  });
});

describe('a record', () => {
  it('comes back from its file as it was written, and is gone once forgotten', async () => {
    const file = join(scratch, 'own.json');
    const record = await recordOf(process.pid);
    await writeRecord(file, record);
    expect(await readRecord(file)).toEqual(record);
    await forgetRecord(file);
    expect(await readRecord(file)).toBeNull();
  });

  it('does not take another life of the same pid for the process', async () => {
    const record = await recordOf(process.pid);
    expect(await isAlive(record)).toBe(true);
    expect(await isAlive({ ...record, identity: `${record.identity}0` })).toBe(false);
  });

  it('names nobody when its file is torn, foreign or hostile', async () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const record = parseRecord(text);
        if (record !== null) expect(record.pid).toBeGreaterThan(1);
      }),
    );
    for (const pid of [0, 1, -1, '12', null])
      expect(parseRecord(JSON.stringify({ pid, identity: 'x' }))).toBeNull();
    await writeFile(join(scratch, 'torn'), '{"pid":12,"ide');
    expect(await readRecord(join(scratch, 'torn'))).toBeNull();
  });
});
