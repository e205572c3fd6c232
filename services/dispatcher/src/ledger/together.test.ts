import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { describeLedgers } from './kinds.fixture.ts';
import { classified, digest, idAt, issue, moved, NOW, OTHER, submitted } from './ledger.fixture.ts';
import type { NewRun } from './ledger.ts';
import { together } from './together.ts';

const run = (at: number, more: Partial<NewRun> = {}): NewRun => ({
  id: idAt(NOW + at),
  events: [submitted({ tenant: 'web', task_digest: digest }), classified],
  nowMs: NOW,
  key: null,
  ...more,
});
const keyed = (at: number, key: string, body = digest): NewRun =>
  run(at, { key: { tenant: 'web', key, body } });

describeLedgers('submissions that come at the same time to %s', (bench) => {
  it('are all there, each with its own history', async () => {
    const asked = Array.from({ length: 150 }, (_, at) => run(at));
    const runs = await Promise.all(asked.map((one) => bench.ledger.submit(one)));
    expect(runs.map((one) => 'id' in one && one.id)).toEqual(asked.map(({ id }) => id));
    for (const one of [0, 1, 77, 149]) {
      const { run: stored, events } = await bench.ledger.readRun(idAt(NOW + one));
      expect(stored).toEqual(runs[one]);
      expect(events.map(({ event }) => event.type)).toEqual(['submitted', 'classified']);
    }
  });

  it('do not fail with one that cannot be, and that one says why', async () => {
    const wrong = [
      run(0),
      run(40, { events: [submitted({ tenant: 'web' }), moved('promoted')] }),
      run(41, { events: [submitted({ tenant: 'web' }), { type: 'receipted', sequence: 0, digest }] }),
    ];
    await bench.ledger.submit(run(0));
    const answers = await Promise.allSettled([
      ...Array.from({ length: 9 }, (_, at) => bench.ledger.submit(run(at + 1))),
      ...wrong.map((one) => bench.ledger.submit(one)),
      ...Array.from({ length: 9 }, (_, at) => bench.ledger.submit(run(at + 11))),
    ]);
    const failed = answers.filter((answer) => answer.status === 'rejected');
    expect(failed.map(({ reason }) => (reason as DrylaneError).code)).toEqual(
      wrong.map(() => 'illegal-transition'),
    );
    expect(await bench.ledger.listRuns({ limit: 99 })).toHaveLength(19);
  });

  it('take a key once, also where it comes twice among them', async () => {
    await bench.ledger.submit(keyed(1, 'before'));
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, at) => bench.ledger.submit(run(at + 10))),
      bench.ledger.submit(keyed(2, 'before')),
      bench.ledger.submit(keyed(3, 'now')),
      bench.ledger.submit(keyed(4, 'now')),
      bench.ledger.submit(keyed(5, 'now', OTHER)),
    ]);
    expect(answers.slice(5)).toMatchObject([
      { earlier: idAt(NOW + 1), same: true },
      { id: idAt(NOW + 3) },
      { earlier: idAt(NOW + 3), same: true },
      { earlier: idAt(NOW + 3), same: false },
    ]);
    expect(await bench.ledger.listRuns({ limit: 99 })).toHaveLength(7);
  });

  it('get their places in the chain of receipts where they end at once', async () => {
    const ended = (at: number) =>
      run(at, { events: [submitted({ tenant: 'web' }), moved('refused', 'no')], issue });
    await Promise.all([0, 1, 2, 3].map((at) => bench.ledger.submit(at % 2 === 0 ? ended(at) : run(at))));
    expect(await bench.ledger.receipts({ limit: 9 })).toHaveLength(2);
  });
});

describe('a database that is not there', () => {
  it('is not asked for each submission again', async () => {
    const gone = new DrylaneError('machine-unfit', { field: 'ledger', message: '', mend: '' });
    const asked = { alone: 0, all: 0 };
    const submit = together({
      async alone() {
        asked.alone += 1;
        await sleep(20);
        throw gone;
      },
      async all() {
        asked.all += 1;
        throw gone;
      },
    });
    const answers = await Promise.allSettled(Array.from({ length: 60 }, (_, at) => submit(run(at))));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 'rejected'));
    expect(asked).toEqual({ alone: 2, all: 1 });
  });
});
