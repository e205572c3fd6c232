import { receiptDigest } from '@drylane/proto/receipt';
import { expect, it } from 'vitest';
import { describeLedgers } from './kinds.fixture.ts';
import {
  claimed,
  classified,
  ID,
  idAt,
  issue,
  moved,
  NOW,
  rejected,
  settled,
  submitted,
  WHOLE,
  word,
} from './ledger.fixture.ts';
import type { Issue } from './ledger.ts';
import { placeOf } from './rows.ts';

const REFUSED = [submitted(), moved('refused')];

describeLedgers('receipts in %s', (bench) => {
  const PROMOTING = [...WHOLE, claimed, moved('promoting')];
  it.each([
    ['refused', REFUSED],
    ['blocked', [...WHOLE.slice(0, 3), moved('blocked')]],
    ['inconclusive', [...WHOLE.slice(0, 3), moved('inconclusive')]],
    ['rejected', [...WHOLE, rejected(word('ada')), moved('rejected')]],
    ['expired', [...WHOLE, moved('expired')]],
    ['cancelled', [...WHOLE, moved('cancelled')]],
    ['unknown', [...PROMOTING, moved('unknown')]],
    ['promoted', [...PROMOTING, settled('promoted'), moved('promoted')]],
    ['drifted', [...PROMOTING, settled('drifted'), moved('drifted')]],
    ['diverged', [...PROMOTING, settled('diverged'), moved('diverged')]],
  ] as const)('are given to what ended as %s, in both chains at once', async (state, events) => {
    const run = await bench.ledger.append(ID, events, NOW, issue);
    const receipt = await bench.ledger.receiptOf(ID);
    expect(receipt).toEqual(issue({ sequence: 0, previous: null, run }));
    expect(run).toMatchObject({ state, receipt_digest: receipt && receiptDigest(receipt) });
    const record = await bench.ledger.readRun(ID);
    expect(record.run).toEqual(run);
    expect(record.events.at(-1)?.event).toEqual({
      type: 'receipted',
      sequence: 0,
      digest: run.receipt_digest,
    });
  });

  it.each([
    ['has not ended', WHOLE],
    ['is just claimed', [...WHOLE, claimed, moved('promoting')]],
  ] as const)('are not given to a run that %s, which leaves nothing', async (_, events) => {
    await expect(bench.ledger.append(ID, events, NOW, issue)).rejects.toMatchObject({
      code: 'illegal-transition',
    });
    await expect(bench.ledger.readRun(ID)).rejects.toMatchObject({ code: 'not-found' });
    expect(await bench.ledger.receipts({ limit: 10 })).toEqual([]);
  });

  it('are given once', async () => {
    const run = await bench.ledger.append(ID, REFUSED, NOW);
    expect(await bench.ledger.receiptOf(ID)).toBeUndefined();
    const receipted = await bench.ledger.append(ID, [], NOW + 1, issue);
    expect(receipted).toEqual({ ...run, receipt_digest: receipted.receipt_digest, updated_ms: NOW + 1 });
    await expect(bench.ledger.append(ID, [], NOW, issue)).rejects.toMatchObject({
      code: 'illegal-transition',
    });
    expect(await bench.ledger.receipts({ limit: 10 })).toHaveLength(1);
  });

  it('name the one before, and are read in that order, in pages', async () => {
    for (let i = 0; i < 7; i++) await bench.ledger.append(idAt(NOW + 6 - i), REFUSED, NOW, issue);
    const all = await bench.ledger.receipts({ limit: 100 });
    expect(all.map((receipt) => placeOf(receipt).sequence)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(all.map((receipt) => placeOf(receipt).run)).toEqual(
      [6, 5, 4, 3, 2, 1, 0].map((ms) => idAt(NOW + ms)),
    );
    expect(all.map((receipt) => placeOf(receipt).previous)).toEqual([
      null,
      ...all.slice(0, -1).map(receiptDigest),
    ]);
    for (let from = 0; from < 8; from++)
      for (let limit = 0; limit < 4; limit++)
        expect(await bench.ledger.receipts({ from, limit })).toEqual(all.slice(from, from + limit));
    expect(await bench.ledger.receipts({ from: 100, limit: 5 })).toEqual([]);
    expect(await bench.ledger.receipts({ from: -5, limit: -5 })).toEqual([]);
  });

  it('have each their own place when many are issued at once', async () => {
    const other = await bench.open();
    const ids = Array.from({ length: 20 }, (_, i) => idAt(NOW + i));
    await Promise.all(ids.map((id, i) => (i % 2 ? bench.ledger : other).append(id, REFUSED, NOW, issue)));
    const all = await bench.ledger.receipts({ limit: 100 });
    expect(all.map((receipt) => placeOf(receipt).run).sort()).toEqual(ids);
    for (const id of ids) expect(all).toContainEqual(await bench.ledger.receiptOf(id));
  });

  it('are refused when they name another place than was asked for', async () => {
    const wrong: readonly Issue[] = [
      (at) => issue({ ...at, sequence: at.sequence + 1 }),
      (at) => issue({ ...at, previous: at.run.policy_digest }),
      (at) => issue({ ...at, run: { ...at.run, id: idAt(1) } }),
    ];
    for (const issuing of wrong)
      await expect(bench.ledger.append(ID, REFUSED, NOW, issuing)).rejects.toMatchObject({
        code: 'internal',
      });
    expect(await bench.ledger.listRuns({ limit: 9 })).toEqual([]);
  });

  it('leave nothing of a run whose receipt could not be made', async () => {
    const fault = new Error('no key');
    const failing: Issue = () => {
      throw fault;
    };
    await bench.ledger.append(ID, [submitted()], NOW);
    await expect(bench.ledger.append(ID, [classified, moved('refused')], NOW, failing)).rejects.toBe(fault);
    expect((await bench.ledger.readRun(ID)).events).toHaveLength(1);
    expect((await bench.ledger.append(ID, [moved('refused')], NOW, issue)).state).toBe('refused');
  });
});
