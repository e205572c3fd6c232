import { expect, it } from 'vitest';
import { describeLedgers } from './kinds.fixture.ts';
import { classified, digest, idAt, issue, moved, NOW, OTHER, submitted, WHOLE } from './ledger.fixture.ts';
import type { NewRun } from './ledger.ts';

const ANY = { tenant: null, limit: 9 } as const;

describeLedgers('the line of runs in %s', (bench) => {
  /** A run of a tenant, which waits in line. */
  const run = (at: number, tenant: string, key: string | null = null): NewRun => ({
    id: idAt(NOW + at),
    events: [submitted({ tenant, task_digest: digest }), classified],
    nowMs: NOW,
    key: key === null ? null : { tenant, key, body: digest },
  });

  it('counts and lists by tenant and state, the oldest first, and leaves out those of one machine', async () => {
    for (const [at, tenant] of [
      [2, 'web'],
      [1, 'ops'],
      [3, 'web'],
    ] as const)
      await bench.ledger.submit(run(at, tenant));
    await bench.ledger.append(idAt(NOW + 9), [submitted()], NOW);
    await bench.ledger.append(idAt(NOW + 3), [moved('rehearsing')], NOW);
    expect(await bench.ledger.countByTenant('submitted')).toEqual(
      new Map([
        ['web', 1],
        ['ops', 1],
      ]),
    );
    expect(await bench.ledger.countByTenant('rehearsing')).toEqual(new Map([['web', 1]]));
    const waiting = await bench.ledger.oldest({ ...ANY, state: 'submitted' });
    expect(waiting.map(({ id }) => id)).toEqual([idAt(NOW + 1), idAt(NOW + 2)]);
    expect(await bench.ledger.oldest({ tenant: 'web', state: 'submitted', limit: 9 })).toMatchObject([
      { id: idAt(NOW + 2), task_digest: digest, tenant: 'web' },
    ]);
    const listed = await bench.ledger.listRuns({ limit: 9, tenants: ['web'], state: 'rehearsing' });
    expect(listed.map(({ id }) => id)).toEqual([idAt(NOW + 3)]);
    expect(await bench.ledger.listRuns({ limit: 9, tenants: ['nobody'] })).toEqual([]);
  });

  it('counts no further than it is asked to, whoever else waits', async () => {
    for (const [at, tenant] of ['web', 'ops', 'web', 'a b', 'web', 'Ops'].entries())
      await bench.ledger.submit(run(at, tenant));
    await bench.ledger.append(idAt(NOW + 9), [submitted()], NOW);
    const all = { web: 3, ops: 1, 'a b': 1, Ops: 1 };
    for (const most of [1, 2, 3, 1000]) {
      const expected = Object.entries(all).map(
        ([tenant, number]) => [tenant, Math.min(most, number)] as const,
      );
      expect(await bench.ledger.countByTenant('submitted', most)).toEqual(new Map(expected));
    }
    expect(await bench.ledger.countByTenant('rehearsing', 9)).toEqual(new Map());
  });

  it('lists those that are to land, whenever that was asked for, and says why they are where they are', async () => {
    const [first, ...rest] = WHOLE;
    const whole = [{ ...first, tenant: 'web', promote: true }, ...rest] as NewRun['events'];
    const later = [{ ...first, tenant: 'web' }, ...rest] as NewRun['events'];
    await bench.ledger.submit({ id: idAt(NOW), events: whole, nowMs: NOW, key: null });
    await bench.ledger.submit({ id: idAt(NOW + 1), events: later, nowMs: NOW, key: null });
    const landing = () => bench.ledger.oldest({ ...ANY, state: 'promotable', promote: true });
    expect(await landing()).toMatchObject([{ id: idAt(NOW), promote: 1, reason: 'as policy says' }]);
    await bench.ledger.append(idAt(NOW + 1), [{ type: 'requested', by: 'token:ci' }], NOW);
    expect((await landing()).map(({ id }) => id)).toEqual([idAt(NOW), idAt(NOW + 1)]);
  });

  it('takes a key once for each tenant, and tells of the run that it was taken for', async () => {
    expect(await bench.ledger.submit(run(1, 'web', 'nightly'))).toMatchObject({ id: idAt(NOW + 1) });
    expect(await bench.ledger.submit(run(2, 'ops', 'nightly'))).toMatchObject({ id: idAt(NOW + 2) });
    expect(await bench.ledger.submit(run(3, 'web', 'nightly'))).toEqual({
      earlier: idAt(NOW + 1),
      same: true,
    });
    const other = run(4, 'web', 'nightly');
    const key = { tenant: 'web', key: 'nightly', body: OTHER };
    expect(await bench.ledger.submit({ ...other, key })).toEqual({ earlier: idAt(NOW + 1), same: false });
    expect(await bench.ledger.listRuns({ limit: 9 })).toHaveLength(2);
  });

  it('takes it once, too, where many ask at once', async () => {
    const others = await Promise.all([1, 2, 3].map(() => bench.open()));
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, at) => (others[at % 3] ?? bench.ledger).submit(run(at, 'web', 'k'))),
    );
    const [won] = all.flatMap((one) => ('id' in one ? [one.id] : []));
    expect(all.filter((one) => 'id' in one)).toHaveLength(1);
    for (const one of all) if ('earlier' in one) expect(one).toEqual({ earlier: won, same: true });
    expect(await bench.ledger.listRuns({ limit: 99 })).toHaveLength(1);
  });

  it('leaves no key behind of a run that could not be added', async () => {
    const refused = { ...run(1, 'web', 'k'), events: [submitted({ tenant: 'web' }), moved('promoted')] };
    await expect(bench.ledger.submit(refused)).rejects.toMatchObject({ code: 'illegal-transition' });
    expect(await bench.ledger.submit(run(2, 'web', 'k'))).toMatchObject({ id: idAt(NOW + 2) });
  });

  it('takes one that ends at once, with its receipt', async () => {
    const events = [submitted({ tenant: 'web' }), moved('refused', 'no')];
    const ended = await bench.ledger.submit({ ...run(1, 'web', 'k'), events, issue });
    expect(ended).toMatchObject({ state: 'refused', reason: 'no' });
    expect(await bench.ledger.receiptOf(idAt(NOW + 1))).toBeDefined();
  });
});
