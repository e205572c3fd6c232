import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  classified,
  digest,
  idAt,
  issue,
  KINDS,
  type Kind,
  moved,
  NOW,
  OTHER,
  type Place,
  submitted,
} from './ledger.fixture.ts';
import type { Ledger, NewRun } from './ledger.ts';
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

describe.each(KINDS)('submissions that come at the same time to %s', (_, start) => {
  let kind: Kind;
  let place: Place;
  let ledger: Ledger;

  beforeAll(async () => {
    kind = await start();
  }, 90_000);
  afterAll(() => kind?.stop());
  beforeEach(async () => {
    place = await kind.place();
    ledger = await place.open();
  });
  afterEach(async () => {
    await ledger.close();
    await place.close();
  });

  it('are all there, each with its own history', async () => {
    const asked = Array.from({ length: 150 }, (_, at) => run(at));
    const runs = await Promise.all(asked.map((one) => ledger.submit(one)));
    expect(runs.map((one) => 'id' in one && one.id)).toEqual(asked.map(({ id }) => id));
    for (const one of [0, 1, 77, 149]) {
      const { run: stored, events } = await ledger.readRun(idAt(NOW + one));
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
    await ledger.submit(run(0));
    const answers = await Promise.allSettled([
      ...Array.from({ length: 9 }, (_, at) => ledger.submit(run(at + 1))),
      ...wrong.map((one) => ledger.submit(one)),
      ...Array.from({ length: 9 }, (_, at) => ledger.submit(run(at + 11))),
    ]);
    const failed = answers.filter((answer) => answer.status === 'rejected');
    expect(failed.map(({ reason }) => (reason as DrylaneError).code)).toEqual(
      wrong.map(() => 'illegal-transition'),
    );
    expect(await ledger.listRuns({ limit: 99 })).toHaveLength(19);
  });

  it('take a key once, also where it comes twice among them', async () => {
    await ledger.submit(keyed(1, 'before'));
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, at) => ledger.submit(run(at + 10))),
      ledger.submit(keyed(2, 'before')),
      ledger.submit(keyed(3, 'now')),
      ledger.submit(keyed(4, 'now')),
      ledger.submit(keyed(5, 'now', OTHER)),
    ]);
    expect(answers.slice(5)).toMatchObject([
      { earlier: idAt(NOW + 1), same: true },
      { id: idAt(NOW + 3) },
      { earlier: idAt(NOW + 3), same: true },
      { earlier: idAt(NOW + 3), same: false },
    ]);
    expect(await ledger.listRuns({ limit: 99 })).toHaveLength(7);
  });

  it('get their places in the chain of receipts where they end at once', async () => {
    const ended = (at: number) =>
      run(at, { events: [submitted({ tenant: 'web' }), moved('refused', 'no')], issue });
    await Promise.all([0, 1, 2, 3].map((at) => ledger.submit(at % 2 === 0 ? ended(at) : run(at))));
    expect(await ledger.receipts({ limit: 9 })).toHaveLength(2);
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
