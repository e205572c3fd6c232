import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ASKED,
  approved,
  claimed,
  classified,
  decided,
  digest,
  ID,
  idAt,
  KINDS,
  type Kind,
  moved,
  NOW,
  type Place,
  rehearsed,
  submitted,
  WHOLE,
  word,
} from './ledger.fixture.ts';
import type { Ledger } from './ledger.ts';

describe.each(KINDS)('in %s', (_, start) => {
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
        change_set_digest: null,
        decision_digest: digest,
        owner: 'me',
        submitter: null,
        tenant: null,
        task_digest: null,
        trace: null,
        promote: 0,
        claimant: null,
        reason: 'as policy says',
        promotion_mode: null,
        promotion_result: null,
        receipt_digest: null,
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
      ledger = await place.open();
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
      ['handed a receipt', [submitted(), moved('refused'), { type: 'receipted', sequence: 0, digest }]],
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
      const command = `'; drop table runs; -- "\\ \u0000 \u2028 \u001a \u001a0 😀 ${'x'.repeat(100_000)}`;
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
        [idAt(NOW + 2)]: [...WHOLE, claimed, moved('promoting')],
        [idAt(NOW + 3)]: WHOLE,
        [idAt(NOW + 4)]: [submitted(), moved('awaiting-rehearsal-approval')],
        [idAt(NOW + 5)]: [submitted(), moved('refused')],
      };
      for (const [id, events] of Object.entries(paths)) await ledger.append(id, events, NOW);
      const unsettled = await ledger.unsettled();
      expect(unsettled.map((run) => [run.state, run.owner])).toEqual([
        ['submitted', 'dead'],
        ['rehearsing', 'me'],
        ['promoting', 'claimant'],
      ]);
    });

    it('are not those that wait, which are found by how long they have', async () => {
      const [first, second, third] = [idAt(NOW), idAt(NOW + 1), idAt(NOW + 2)];
      await ledger.append(first, ASKED, NOW);
      await ledger.append(second, WHOLE, NOW + 1);
      await ledger.append(third, [submitted(), moved('awaiting-rehearsal-approval')], NOW + 2);
      await ledger.append(idAt(NOW + 3), [submitted(), moved('rehearsing')], NOW);
      await ledger.append(idAt(NOW + 4), [submitted(), moved('refused')], NOW);
      const ids = async (beforeMs: number) => (await ledger.expiring(beforeMs)).map(({ id }) => id);
      expect(await ids(NOW)).toEqual([]);
      expect(await ids(NOW + 1)).toEqual([first]);
      expect(await ids(NOW + 3)).toEqual([first, second, third]);
      await ledger.append(first, [approved(word('ada'))], NOW + 3);
      expect(await ids(NOW + 3)).toEqual([second, third]);
    });
  });
});
