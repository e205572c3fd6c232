import { expect, it } from 'vitest';
import { describeKinds } from './kinds.fixture.ts';
import { ASKED, approved, ID, issue, moved, NOW, WHOLE, word } from './ledger.fixture.ts';

// What each version added, taken away again: the newest first.
const BACK = [
  ['alter table runs drop column trace'],
  ['drop index runs_landing'],
  ['drop table schedules'],
  ['drop table tokens'],
  [
    'drop table submissions; drop index runs_line; drop index runs_tenant',
    ...['tenant', 'task_digest', 'claimant', 'reason', 'promote'].map(
      (column) => `alter table runs drop column ${column}`,
    ),
  ],
  [
    'drop table receipts; drop table approvals; drop index runs_receipt',
    ...['submitter', 'change_set_digest', 'promotion_mode', 'promotion_result', 'receipt_digest'].map(
      (column) => `alter table runs drop column ${column}`,
    ),
  ],
  ['alter table runs drop column raw_output_digest'],
];
const NEWEST = BACK.length + 1;

describeKinds('the tables of a ledger in %s', (kind) => {
  it.each([1, 2, 3, 4, 5, 6])('are brought up to date from version %i, with their runs', async (version) => {
    const place = await kind.place();
    const before = await place.open();
    const run = await before.append(ID, WHOLE, NOW);
    const { events } = await before.readRun(ID);
    await before.close();
    for (const statements of BACK.slice(0, NEWEST - version)) await place.execute(statements.join('; '));
    await place.execute(`delete from ledger_migrations where version > ${version}`);
    const ledger = await place.open();
    expect(await ledger.readRun(ID)).toEqual({ run, events });
    expect(await ledger.listRuns({ limit: 2 })).toEqual([run]);
    await ledger.append(ID, [moved('expired')], NOW, issue);
    expect(await ledger.receiptOf(ID)).toEqual((await ledger.receipts({ limit: 2 }))[0]);
    await ledger.close();
    await place.close();
  });

  it('are made once when several open them at once for the first time', async () => {
    const place = await kind.place();
    const tables = 'schedules, tokens, submissions, receipts, approvals, events, runs, ledger_migrations';
    await (await place.open()).close();
    for (const table of tables.split(', ')) await place.execute(`drop table ${table}`);
    const ledgers = await Promise.all(Array.from({ length: 5 }, () => place.open()));
    await ledgers[0]?.append(ID, [...ASKED, approved(word('ada'))], NOW);
    for (const ledger of ledgers) expect((await ledger.readRun(ID)).run.state).toBe('awaiting-live-approval');
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await place.close();
  });

  it('are refused when a newer drylane has written them', async () => {
    const place = await kind.place();
    await (await place.open()).close();
    await place.execute('insert into ledger_migrations values (1000)');
    await expect(place.open()).rejects.toMatchObject({
      code: 'machine-unfit',
      message: expect.stringContaining('version 1000'),
    });
    await place.execute('delete from ledger_migrations where version = 1000');
    await place.close();
  });
});
