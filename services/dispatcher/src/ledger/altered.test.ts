import { beforeEach, describe, expect, it } from 'vitest';
import { describeLedgers } from './kinds.fixture.ts';
import {
  ASKED,
  approved,
  claimed,
  digest,
  ID,
  idAt,
  issue,
  moved,
  NOW,
  OTHER,
  settled,
  submitted,
  word,
} from './ledger.fixture.ts';
import { ApprovalRow, EventRow, ReceiptRow, RunRow } from './rows.ts';

const END = [claimed, moved('promoting'), settled('promoted'), moved('promoted')];
const LANDED = [...ASKED, approved(word('ada'), digest), moved('promotable'), ...END];
const APPROVAL = ASKED.length;
const RECEIPT = LANDED.length;

const TABLES = { runs: RunRow, events: EventRow, approvals: ApprovalRow, receipts: ReceiptRow };
const COLUMNS = Object.entries(TABLES).flatMap(([table, { shape }]) =>
  Object.keys(shape).map((column) => [table, column] as const),
);
const NUMBERS = /^(sequence|head_sequence|risk_score|promote|.*_ms)$/;

const eventIn = (id: string, sequence: number, type: string): string =>
  `insert into events values ('${id}', ${sequence}, '${type}', '{"type":"moved","to":"unknown","reason":null}', 1, '${OTHER}')`;

describeLedgers('a ledger in %s that was changed from outside', (bench) => {
  beforeEach(async () => {
    await bench.ledger.append(ID, LANDED, NOW, issue);
  });

  it('is read as it is while nobody has', async () => {
    expect((await bench.ledger.readRun(ID)).events).toHaveLength(RECEIPT + 1);
    expect(await bench.ledger.receipts({ limit: 10 })).toHaveLength(1);
    expect(await bench.ledger.sticky(digest, null, NOW)).toHaveLength(1);
  });

  const isAltered = { code: 'internal', message: expect.stringContaining('changed outside of drylane') };

  it.each(COLUMNS)('is not read where the table %s has another %s', async (table, column) => {
    const other = NUMBERS.test(column) ? `coalesce(${column}, 0) + 1` : `coalesce(${column}, '') || 'x'`;
    const rows = table === 'events' ? ` where sequence = ${RECEIPT}` : '';
    await bench.place.execute(`update ${table} set ${column} = ${other}${rows}`);
    const renamed = table === 'runs' && column === 'id';
    await expect(bench.ledger.readRun(ID)).rejects.toMatchObject(renamed ? { code: 'not-found' } : isAltered);
    if (table === 'receipts')
      await expect(bench.ledger.receipts({ limit: 9 })).rejects.toMatchObject(isAltered);
  });

  it.each([
    ['an event changed', `update events set json = replace(json, '5.5', '1.5') where sequence = 1`],
    ['an event that is not JSON', `update events set json = '{' where sequence = 1`],
    [
      'an event with a field more',
      `update events set json = replace(json, '}', ',"a":1}') where sequence = 1`,
    ],
    ['the last event removed', `delete from events where sequence = ${RECEIPT}`],
    ['an event in the middle removed', 'delete from events where sequence = 3'],
    ['every event removed', 'delete from events'],
    ['an event added', eventIn(ID, RECEIPT + 1, 'moved')],
    [
      'two events swapped',
      'update events set sequence = case sequence when 1 then 103 when 3 then 1 else sequence end; update events set sequence = 3 where sequence = 103',
    ],
    ['the verdict of the row changed', `update runs set verdict = 'block'`],
    ['the state of the row changed', `update runs set state = 'unknown'`],
    ['the evidence of the row changed', `update runs set evidence_digest = '${OTHER}'`],
    ['the change set of the row changed', `update runs set change_set_digest = '${OTHER}'`],
    ['the receipt of the row changed', `update runs set receipt_digest = '${OTHER}'`],
    ['the approval removed', 'delete from approvals'],
    ['the approval another person’s', `update approvals set json = replace(json, 'ada', 'eve')`],
    ['the approval bound to something else', `update approvals set bound = '${OTHER}'`],
    ['the approval without an end', 'update approvals set expires_ms = expires_ms + 100000'],
    [
      'an approval added',
      `insert into approvals select run_id, 99, lane, decision, approver_id, bound, sticky_key, expires_ms, json from approvals`,
    ],
    [
      'an approval added where another event is',
      `insert into approvals select run_id, 1, lane, decision, approver_id, bound, sticky_key, expires_ms, json from approvals`,
    ],
    ['the receipt removed', 'delete from receipts'],
    ['the receipt changed', `update receipts set json = replace(json, '"keyid":"0', '"keyid":"1')`],
  ])('is not read as if nothing had happened: %s', async (_, harm) => {
    await bench.place.execute(harm);
    await expect(bench.ledger.readRun(ID)).rejects.toMatchObject({
      code: 'internal',
      problems: [{ field: ID, message: 'its record was changed outside of drylane' }],
    });
    await expect(bench.ledger.receiptOf(ID)).rejects.toMatchObject(isAltered);
    await expect(bench.ledger.append(ID, [moved('unknown')], NOW)).rejects.toMatchObject(isAltered);
  });

  it('does not go on from where somebody has put a run, nor give a receipt of it', async () => {
    const second = idAt(NOW + 1);
    await bench.ledger.append(second, [...ASKED.slice(0, 3), moved('blocked')], NOW);
    await bench.place.execute(`update runs set state = 'promotable' where id = '${second}'`);
    const claim = bench.ledger.append(second, [claimed, moved('promoting')], NOW);
    await expect(claim).rejects.toMatchObject(isAltered);
    await bench.place.execute(`update runs set state = 'blocked', command = 'ls' where id = '${second}'`);
    await expect(bench.ledger.append(second, [], NOW, issue)).rejects.toMatchObject(isAltered);
    expect(await bench.ledger.receipts({ limit: 9 })).toHaveLength(1);
  });

  it('gives a run that has no receipt none that somebody put there', async () => {
    const second = idAt(NOW + 1);
    await bench.ledger.append(second, [submitted(), moved('refused')], NOW);
    const text = JSON.stringify(issue({ sequence: 1, previous: null, run: await runOf(second) }));
    await bench.place.execute(`insert into receipts values (1, '${second}', '${OTHER}', '${text}')`);
    await expect(bench.ledger.receiptOf(second)).rejects.toMatchObject(isAltered);
  });

  it('lends no approval whose row alone was put under a key', async () => {
    const second = idAt(NOW + 1);
    await bench.ledger.append(second, ASKED, NOW);
    await bench.place.execute(
      `insert into approvals select '${second}', ${APPROVAL - 1}, lane, decision, approver_id, bound, '${OTHER}', expires_ms, json from approvals`,
    );
    await expect(bench.ledger.sticky(OTHER, null, NOW)).rejects.toMatchObject(isAltered);
  });

  it('lends no approval that was changed afterwards', async () => {
    await bench.place.execute('update approvals set expires_ms = expires_ms + 100000');
    await expect(bench.ledger.sticky(digest, null, NOW + 50_000)).rejects.toMatchObject(isAltered);
  });

  it('adds nothing to a chain of receipts whose end was changed', async () => {
    await bench.place.execute(`update receipts set digest = '${OTHER}'`);
    const ended = bench.ledger.append(idAt(NOW + 1), [submitted(), moved('refused')], NOW, issue);
    await expect(ended).rejects.toMatchObject(isAltered);
    await expect(bench.ledger.readRun(idAt(NOW + 1))).rejects.toMatchObject({ code: 'not-found' });
  });

  describe('in the chain of its receipts', () => {
    beforeEach(async () => {
      for (let i = 1; i < 5; i++)
        await bench.ledger.append(idAt(NOW + i), [submitted(), moved('refused')], NOW, issue);
    });

    it.each([
      ['the first removed', 'delete from receipts where sequence = 0', 0],
      ['one in the middle removed', 'delete from receipts where sequence = 2', 2],
      ['the last removed', 'delete from receipts where sequence = 4', 4],
      ['all removed', 'delete from receipts', 0],
      [
        'one removed and the gap closed',
        'delete from receipts where sequence = 1; update receipts set sequence = sequence - 1 where sequence > 1',
        1,
      ],
      [
        'two swapped',
        'update receipts set sequence = 9 where sequence = 1; update receipts set sequence = 1 where sequence = 2; update receipts set sequence = 2 where sequence = 9',
        1,
      ],
    ])('names the first broken link: %s', async (_, harm, broken) => {
      await bench.place.execute(harm);
      const message = expect.stringMatching(`^receipt ${broken}: its record was changed`);
      await expect(bench.ledger.receipts({ limit: 100 })).rejects.toMatchObject({
        code: 'internal',
        message,
      });
      await expect(bench.ledger.receipts({ from: broken, limit: 100 })).rejects.toMatchObject({ message });
      await expect(bench.ledger.receipts({ from: broken + 1, limit: 100 })).rejects.toMatchObject(isAltered);
    });
  });

  const runOf = async (id: string) => (await bench.ledger.readRun(id)).run;
});
