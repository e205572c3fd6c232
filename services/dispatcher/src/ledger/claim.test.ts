import { beforeEach, expect, it } from 'vitest';
import { describeLedgers } from './kinds.fixture.ts';
import { ASKED, approved, claimed, ID, idAt, moved, NOW, settled, WHOLE, word } from './ledger.fixture.ts';
import type { Ledger } from './ledger.ts';

describeLedgers('two processes on one ledger in %s', (bench) => {
  let ledgers: readonly [Ledger, Ledger];
  beforeEach(async () => {
    ledgers = [bench.ledger, await bench.open()];
  });

  const claimBy = (ledger: Ledger, id: string, owner: string) =>
    ledger.append(id, [{ ...claimed, owner }, moved('promoting')], NOW);

  it('that claim the same run are told: one that it has it, the other that it has not', async () => {
    const [one, two] = ledgers;
    for (let i = 0; i < 20; i++) {
      const id = idAt(NOW + i);
      await one.append(id, WHOLE, NOW);
      const claims = await Promise.allSettled([claimBy(one, id, 'one'), claimBy(two, id, 'two')]);
      const won = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));
      const lost = claims.flatMap((claim) => (claim.status === 'rejected' ? [claim.reason] : []));
      expect(won).toHaveLength(1);
      expect(lost).toEqual([expect.objectContaining({ code: 'illegal-transition' })]);
      expect((await one.readRun(id)).run).toEqual(won[0]);
    }
  });

  it('that add to the same run in between are both heard, however often they lose', async () => {
    await ledgers[0].append(ID, ASKED, NOW);
    const people = Array.from({ length: 20 }, (_, i) => `person ${i}`);
    await Promise.all(people.map((name, i) => ledgers[i % 2]?.append(ID, [approved(word(name))], NOW)));
    const { events } = await ledgers[0].readRun(ID);
    const heard = events.flatMap(({ event }) =>
      event.type === 'approved' ? [event.approval.approver.id] : [],
    );
    expect(heard.sort()).toEqual(people.sort());
  });

  it('are heard once each when both are the same person', async () => {
    await ledgers[0].append(ID, ASKED, NOW);
    const twice = ledgers.map((ledger) => ledger.append(ID, [approved(word('ada'))], NOW));
    const results = await Promise.allSettled(twice);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await ledgers[0].readRun(ID)).events).toHaveLength(ASKED.length + 1);
  });

  it('that submit under one id are not one run', async () => {
    const results = await Promise.allSettled(ledgers.map((ledger) => ledger.append(ID, WHOLE, NOW)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refusal = results.find((result) => result.status === 'rejected');
    expect(refusal?.reason).toMatchObject({ code: 'illegal-transition' });
  });

  it('may claim a run one after the other where nothing of the first attempt landed', async () => {
    const [one, two] = ledgers;
    await one.append(ID, WHOLE, NOW);
    const first = await claimBy(one, ID, 'one');
    expect(first).toMatchObject({ state: 'promoting', owner: 'one', promotion_mode: 'apply' });
    const back = await one.append(ID, [settled('rolled-back'), moved('promotable')], NOW);
    expect(back).toMatchObject({ state: 'promotable', promotion_mode: null, promotion_result: null });
    expect(await claimBy(two, ID, 'two')).toMatchObject({ state: 'promoting', owner: 'two' });
    const done = await two.append(ID, [settled('promoted'), moved('promoted')], NOW);
    expect(done).toMatchObject({ promotion_mode: 'apply', promotion_result: 'promoted' });
    expect((await one.readRun(ID)).run).toEqual(done);
  });
});
