import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { digestOf } from '@drylane/proto/digest';
import { runId } from '@drylane/proto/ids';
import { isEnd, RUN_STATES, transition } from '@drylane/proto/lifecycle';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SETTLEMENT } from './advance.ts';
import type { LedgerEvent } from './event.ts';
import type { Ledger } from './ledger.ts';
import { openSqliteLedger } from './sqlite.ts';

let directory: string;
let file: string;
let ledger: Ledger;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-ledger-'));
  file = join(directory, 'state/ledger.db');
  ledger = await openSqliteLedger(file);
});
afterEach(async () => {
  await ledger.close();
  rmSync(directory, { recursive: true, force: true });
});

const NOW = 1_700_000_000_000;
const idAt = (ms: number): string => runId(ms, new Uint8Array(10));
const ID = idAt(NOW);
const digest = digestOf('x');

const submitted = (over: Partial<Extract<LedgerEvent, { type: 'submitted' }>> = {}): LedgerEvent => ({
  type: 'submitted',
  task: null,
  command: 'make',
  envelope_digest: digest,
  policy_digest: digest,
  owner: 'me',
  ...over,
});
const moved = (
  to: Extract<LedgerEvent, { type: 'moved' }>['to'],
  reason: string | null = null,
): LedgerEvent => ({
  type: 'moved',
  to,
  reason,
});
const classified: LedgerEvent = { type: 'classified', score: 5.5, level: 'medium' };
const rehearsed: LedgerEvent = { type: 'rehearsed', evidence_digest: digest, patches_digest: null };
const decided: LedgerEvent = { type: 'decided', verdict: 'promote', decision_digest: digest };
const WHOLE = [
  submitted(),
  classified,
  moved('rehearsing'),
  rehearsed,
  decided,
  moved('promotable', 'as policy says'),
];

describe('a run in the ledger', () => {
  it('stands where its events have brought it', async () => {
    const run = await ledger.append(ID, WHOLE, NOW);
    expect(run).toEqual({
      id: ID,
      task: null,
      state: 'promotable',
      verdict: 'promote',
      command: 'make',
      risk_score: 5.5,
      risk_level: 'medium',
      envelope_digest: digest,
      policy_digest: digest,
      evidence_digest: digest,
      patches_digest: null,
      raw_output_digest: null,
      decision_digest: digest,
      owner: 'me',
      created_ms: NOW,
      updated_ms: NOW,
    });
    const record = await ledger.readRun(ID);
    expect(record.run).toEqual(run);
    expect(record.events.map((e) => e.event)).toEqual(WHOLE);
    expect(record.events.map((e) => e.sequence)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is the same when its events come one by one, and from a ledger that was opened again', async () => {
    for (const [index, event] of WHOLE.entries()) await ledger.append(ID, [event], NOW + index);
    const before = await ledger.readRun(ID);
    expect(before.run).toMatchObject({ state: 'promotable', created_ms: NOW, updated_ms: NOW + 5 });
    await ledger.close();
    ledger = await openSqliteLedger(file);
    expect(await ledger.readRun(ID)).toEqual(before);
  });

  it('names its sealed raw output where some was kept', async () => {
    const sealed = { ...rehearsed, raw_output_digest: digest };
    const run = await ledger.append(ID, [submitted(), moved('rehearsing'), sealed], NOW);
    expect(run.raw_output_digest).toBe(digest);
    const record = await ledger.readRun(ID);
    expect(record.run).toEqual(run);
    expect(record.events.at(-1)?.event).toEqual(sealed);
  });

  it('takes all of several events or none', async () => {
    await ledger.append(ID, [submitted()], NOW);
    await expect(ledger.append(ID, [classified, moved('promoted')], NOW)).rejects.toMatchObject({
      code: 'illegal-transition',
      message: expect.stringContaining('submitted → promoted'),
    });
    expect((await ledger.readRun(ID)).events).toHaveLength(1);
    expect((await ledger.readRun(ID)).run.risk_level).toBeNull();
  });

  it.each([
    ['submitted twice', [submitted(), submitted()]],
    ['classified twice', [submitted(), classified, classified]],
    ['classified while it rehearses', [submitted(), moved('rehearsing'), classified]],
    ['rehearsed before it rehearses', [submitted(), rehearsed]],
    ['rehearsed twice', [submitted(), moved('rehearsing'), rehearsed, rehearsed]],
    ['decided before it rehearses', [submitted(), decided]],
    ['decided to promote without evidence', [submitted(), moved('rehearsing'), decided]],
    ['decided twice', [submitted(), moved('rehearsing'), rehearsed, decided, decided]],
    [
      'rehearsed after it was decided',
      [submitted(), moved('rehearsing'), { ...decided, verdict: 'inconclusive' }, rehearsed],
    ],
    ['moved where the table does not lead', [submitted(), moved('promoting')]],
    ['moved from an end', [submitted(), moved('refused'), moved('rehearsing')]],
  ] as const)('cannot be %s', async (_, events) => {
    await expect(ledger.append(ID, events, NOW)).rejects.toMatchObject({ code: 'illegal-transition' });
    await expect(ledger.readRun(ID)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('has to be submitted before anything else', async () => {
    await expect(ledger.append(ID, [classified], NOW)).rejects.toMatchObject({ code: 'not-found' });
    await expect(ledger.append(ID, [], NOW)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('keeps text that is hostile to SQL and to JSON as it is', async () => {
    const command = `'; drop table runs; -- "\\ \u0000 \u2028 😀 ${'x'.repeat(100_000)}`;
    await ledger.append(ID, [submitted({ command, task: "a' or '1'='1" })], NOW);
    expect((await ledger.readRun(ID)).run).toMatchObject({ command, task: "a' or '1'='1" });
  });

  it('takes appends that come at once from one process', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => idAt(NOW + i));
    await Promise.all(ids.map((id) => ledger.append(id, WHOLE, NOW)));
    expect(await ledger.listRuns({ limit: 100 })).toHaveLength(20);
  });
});

describe('listing runs', () => {
  beforeEach(async () => {
    for (let i = 0; i < 7; i++)
      await ledger.append(idAt(NOW + i), [submitted({ task: i % 2 ? 'odd' : null })], NOW + i);
  });

  it('gives the newest first, in pages', async () => {
    const first = await ledger.listRuns({ limit: 3 });
    expect(first.map((run) => run.created_ms - NOW)).toEqual([6, 5, 4]);
    const second = await ledger.listRuns({ limit: 3, before: first.at(-1)?.id ?? '' });
    expect(second.map((run) => run.created_ms - NOW)).toEqual([3, 2, 1]);
  });

  it('can keep to one task', async () => {
    const runs = await ledger.listRuns({ limit: 10, task: 'odd' });
    expect(runs.map((run) => run.created_ms - NOW)).toEqual([5, 3, 1]);
    expect(await ledger.listRuns({ limit: 10, task: 'never' })).toEqual([]);
  });

  it('gives none for a limit of none', async () => {
    expect(await ledger.listRuns({ limit: 0 })).toEqual([]);
    expect(await ledger.listRuns({ limit: -1 })).toEqual([]);
  });
});

describe('runs that are not settled', () => {
  it('are those that a process works on, with the owner that does', async () => {
    const paths = {
      [idAt(NOW)]: [submitted({ owner: 'dead' })],
      [idAt(NOW + 1)]: [submitted(), moved('rehearsing')],
      [idAt(NOW + 2)]: [...WHOLE, moved('promoting')],
      [idAt(NOW + 3)]: WHOLE,
      [idAt(NOW + 4)]: [submitted(), moved('awaiting-rehearsal-approval')],
      [idAt(NOW + 5)]: [submitted(), moved('refused')],
    };
    for (const [id, events] of Object.entries(paths)) await ledger.append(id, events, NOW);
    const unsettled = await ledger.unsettled();
    expect(unsettled.map((run) => [run.state, run.owner])).toEqual([
      ['submitted', 'dead'],
      ['rehearsing', 'me'],
      ['promoting', 'me'],
    ]);
  });

  it('can each be settled by legal moves that end them', () => {
    for (const [from, path] of Object.entries(SETTLEMENT)) {
      const start = RUN_STATES.find((state) => state === from) ?? 'submitted';
      expect(
        isEnd(path.reduce<(typeof RUN_STATES)[number]>((state, to) => transition(state, to), start)),
      ).toBe(true);
    }
  });
});

describe('a ledger that was changed from outside', () => {
  const OTHER = digestOf('y');

  it.each([
    ['an event changed', `update events set json = replace(json, '5.5', '1.5') where sequence = 1`],
    ["an event's time changed", `update events set time_ms = time_ms + 1 where sequence = 1`],
    ["an event's type changed", `update events set type = 'moved' where sequence = 1`],
    ['an event that is not JSON', `update events set json = '{' where sequence = 1`],
    [
      'an event with a field more',
      `update events set json = replace(json, '}', ',"a":1}') where sequence = 1`,
    ],
    ['a digest changed', `update events set digest = '${OTHER}' where sequence = 1`],
    ['the last event removed', 'delete from events where sequence = 5'],
    ['an event in the middle removed', 'delete from events where sequence = 3'],
    ['every event removed', 'delete from events'],
    [
      'an event added',
      `insert into events values ('${ID}', 6, 'moved', '{"type":"moved","to":"promoting","reason":null}', 1, '${OTHER}')`,
    ],
    [
      'two events swapped',
      'update events set sequence = case sequence when 1 then 103 when 3 then 1 else sequence end; update events set sequence = 3 where sequence = 103',
    ],
    ['the verdict of the row changed', `update runs set verdict = 'block'`],
    ['the state of the row changed', `update runs set state = 'promoted'`],
    ['the state of the row no state', `update runs set state = 'fine'`],
    ['the evidence of the row changed', `update runs set evidence_digest = '${OTHER}'`],
    ['the raw output of the row changed', `update runs set raw_output_digest = '${OTHER}'`],
    ['the head of the row changed', `update runs set head_digest = '${OTHER}'`],
  ])('is not read as if nothing had happened: %s', async (_, harm) => {
    await ledger.append(ID, WHOLE, NOW);
    const database = new DatabaseSync(file);
    database.exec(harm);
    database.close();
    await expect(ledger.readRun(ID)).rejects.toMatchObject({
      code: 'internal',
      problems: [{ field: ID, message: 'its record was changed outside of drylane' }],
    });
  });
});

describe("the ledger's file", () => {
  it('is for its owner alone, with all that SQLite puts beside it', async () => {
    await ledger.append(ID, WHOLE, NOW);
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm'])
      expect(statSync(join(directory, 'state', name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(join(directory, 'state')).mode & 0o777).toBe(0o700);
  });

  it('is brought up to date when an older drylane has written it, with its runs', async () => {
    const run = await ledger.append(ID, WHOLE, NOW);
    await ledger.close();
    const database = new DatabaseSync(file);
    database.exec('alter table runs drop column raw_output_digest');
    database.exec('delete from ledger_migrations where version > 1');
    database.close();
    ledger = await openSqliteLedger(file);
    expect((await ledger.readRun(ID)).run).toEqual(run);
    expect(await ledger.listRuns({ limit: 2 })).toEqual([run]);
  });

  it('is refused when a newer drylane has written it', async () => {
    const database = new DatabaseSync(file);
    database.exec('insert into ledger_migrations values (1000)');
    database.close();
    await expect(openSqliteLedger(file)).rejects.toMatchObject({
      code: 'machine-unfit',
      message: expect.stringContaining('version 1000'),
    });
  });

  it('is refused when it is something else, and left as it is', async () => {
    const other = join(directory, 'other.db');
    writeFileSync(other, 'this is a text of somebody '.repeat(100));
    await expect(openSqliteLedger(other)).rejects.toMatchObject({ code: 'machine-unfit' });
    expect(statSync(other).size).toBe(2700);
    await expect(openSqliteLedger(directory)).rejects.toMatchObject({ code: 'machine-unfit' });
    await expect(openSqliteLedger('/dev/null/ledger.db')).rejects.toMatchObject({ code: 'machine-unfit' });
  });
});
