import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunId } from '@drylane/proto/ids';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realDisk } from './disk.ts';
import type { Stamp } from './effect.ts';
import { faultyDisk } from './faulty.fixture.ts';
import { Journal, journaledRuns, readJournal, removeJournal } from './journal.ts';
import { decodeRecord, encodeRecord, type JournalRecord, type Opened } from './record.ts';

const RUN = RunId.parse('run_01HF7YAT0060RK4CSM6MV3EE1S');
const OPENED: Opened = {
  ...{ record: 'opened', runId: RUN, workspace: '/work\nspace', dev: 2n ** 63n, ino: 3n },
  ...{ stage: `.drylane-${RUN}`, digest: 'sha256:…', owner: 'me' },
  held: { key: '', ino: 3n, mtimeNs: 4n, names: null },
};

const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n });
const nat = fc.nat();
const key = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
const type = fc.constantFrom('file', 'dir', 'symlink', 'fifo', 'socket', 'device');
const stamp: fc.Arbitrary<Stamp> = fc.record({
  ...{ type, mode: nat, uid: nat, gid: nat, size: nat, nlink: nat },
  ...{ ino: big, mtimeNs: big, ctimeNs: big },
});
const become = fc.record({ mode: nat, uid: nat, gid: nat, mtimeNs: fc.option(big) });
const effect = fc.oneof(
  fc.record({ do: fc.constantFrom('stash' as const, 'replace' as const), key, n: nat, was: stamp }),
  fc.record({ do: fc.constant('place' as const), key, n: nat, type, become }),
  fc.record({ do: fc.constant('attributes' as const), key, was: stamp, become }),
  fc.record({ do: fc.constant('times' as const), key, was: stamp, mtimeNs: big }),
);
const planned: fc.Arbitrary<JournalRecord> = fc.record({
  record: fc.constant('planned' as const),
  effects: fc.array(effect),
  staged: fc.array(fc.tuple(key, stamp)).map((pairs) => new Map(pairs)),
  merged: fc.array(fc.string()),
  held: fc.array(fc.record({ key, ino: big, mtimeNs: big, names: fc.option(fc.string()) })),
});

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'drylane-journal-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const path = () => join(state, 'applies', RUN, 'journal');
const PLANNED: JournalRecord = { record: 'planned', effects: [], staged: new Map(), merged: [], held: [] };

describe('a record', () => {
  it('is one line, and reads as it was written', () => {
    fc.assert(
      fc.property(planned, (record) => {
        const line = encodeRecord(record);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(decodeRecord(line.slice(0, -1))).toEqual(record);
      }),
    );
  });

  it('that was torn, or is none of ours, is none', () => {
    const line = encodeRecord(PLANNED).trimEnd();
    for (let length = 0; length < line.length; length++)
      expect(decodeRecord(line.slice(0, length))).toBeUndefined();
    for (const other of ['null', '[]', '7', '{}', '{"record":"other"}', '{"record":"ended","result":"?"}'])
      expect(decodeRecord(other)).toBeUndefined();
  });
});

describe('a journal', () => {
  it('tells what was appended, and is there until it is taken away', () => {
    expect(readJournal(state, RUN)).toBeUndefined();
    expect(journaledRuns(state)).toEqual([]);
    using journal = Journal.begin(realDisk, state, OPENED);
    expect(readJournal(state, RUN)).toMatchObject({ opened: OPENED, planned: undefined, committed: false });
    journal.append(PLANNED);
    expect(readJournal(state, RUN)).toMatchObject({ planned: PLANNED, committed: false });
    journal.append({ record: 'committed' });
    expect(readJournal(state, RUN)).toMatchObject({ committed: true, ended: undefined });
    journal.append({ record: 'ended', result: 'promoted' });
    expect(readJournal(state, RUN)).toMatchObject({ ended: 'promoted' });
    expect(journaledRuns(state)).toEqual([RUN]);
    removeJournal(state, RUN);
    expect(readJournal(state, RUN)).toBeUndefined();
  });

  it('is begun once', () => {
    using _ = Journal.begin(realDisk, state, OPENED);
    expect(() => Journal.begin(realDisk, state, OPENED)).toThrow('EEXIST');
    expect(readJournal(state, RUN)).toMatchObject({ opened: OPENED });
  });

  it('forgets its plan, and can be gone on with', () => {
    using journal = Journal.begin(realDisk, state, OPENED);
    journal.append(PLANNED);
    journal.forgetPlan();
    expect(readJournal(state, RUN)).toMatchObject({ planned: undefined });
    journal.append({ record: 'ended', result: 'rolled-back' });
    expect(readJournal(state, RUN)).toMatchObject({ planned: undefined, ended: 'rolled-back' });
  });

  it('counts a line that was torn at its end for nothing, wherever it was torn', () => {
    using journal = Journal.begin(realDisk, state, OPENED);
    const begun = readFileSync(path()).length;
    journal.append(PLANNED);
    const whole = readFileSync(path());
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path(), whole.subarray(0, length));
      const read = readJournal(state, RUN);
      if (length < begun) expect(read).toBeUndefined();
      else expect(read).toMatchObject({ planned: undefined });
    }
    const read = readJournal(state, RUN);
    if (read === undefined || read === 'spoilt') throw new Error('the first record is whole');
    using again = Journal.resume(realDisk, state, read);
    again.append({ record: 'ended', result: 'rolled-back' });
    expect(readJournal(state, RUN)).toMatchObject({ planned: undefined, ended: 'rolled-back' });
  });

  it('says nothing when a whole line is none of ours', () => {
    using journal = Journal.begin(realDisk, state, OPENED);
    appendFileSync(path(), '{"record":"planned"}\n');
    expect(readJournal(state, RUN)).toBe('spoilt');
    truncateSync(path(), 0);
    journal.append({ record: 'committed' });
    expect(readJournal(state, RUN)).toBe('spoilt');
  });

  it.each(['ENOSPC', 'EIO'])('does not have a record that met %s, or says that it is not clear', (code) => {
    for (const [call, lasting] of [
      ['write', false],
      ['fsync', false],
      ['fsync', true],
    ] as const) {
      // The first record is written and synced by itself and three directories.
      const { disk } = faultyDisk({ call, nth: call === 'write' ? 2 : 5 }, { kind: 'fail', code, lasting });
      using journal = Journal.begin(disk, state, OPENED);
      expect(() => journal.append({ record: 'committed' })).toThrow(code);
      expect(journal.isClear).toBe(!lasting);
      if (!lasting) expect(readJournal(state, RUN)).toMatchObject({ committed: false });
      removeJournal(state, RUN);
    }
  });
});
