import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ID, idAt, issue, moved, NOW, submitted } from './ledger.fixture.ts';
import type { Ledger } from './ledger.ts';
import { askPostgres, type Cluster, startCluster } from './postgres.fixture.ts';
import { openPostgresLedger } from './postgres.ts';

const REFUSED = [submitted(), moved('refused')];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 90_000);
afterAll(() => cluster?.stop());

async function withLedger(work: (ledger: Ledger, url: string) => Promise<void>): Promise<void> {
  const url = await cluster.database();
  const ledger = await openPostgresLedger(url);
  try {
    await work(ledger, url);
  } finally {
    await ledger.close();
  }
}

describe('a database that cannot be used', () => {
  const unfit = { code: 'machine-unfit', problems: [{ field: 'ledger' }] };

  it.each([
    ['whose server is not there', () => 'postgres://drylane:hunter2@127.0.0.1:1/drylane'],
    ['whose socket is not there', () => 'postgres:///drylane?host=/nonexistent&user=drylane'],
    ['that the server does not have', async () => (await cluster.database()).replace('/run', '/gone')],
    ['whose address is none', () => 'postgres://drylane:hunter2@[::'],
  ])('is refused, without a word of its password: one %s', async (_, address) => {
    const opened = openPostgresLedger(await address());
    await expect(opened).rejects.toMatchObject(unfit);
    const error: unknown = await opened.catch((reason: unknown) => reason);
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('hunter2');
  });

  it('is refused when its user may make no tables', async () => {
    const url = await cluster.database();
    await askPostgres(url, 'create role guest login; revoke create on schema public from public');
    await expect(openPostgresLedger(url.replace('user=drylane', 'user=guest'))).rejects.toMatchObject(unfit);
  });
});

describe('a connection that is lost', () => {
  it('in the middle of an append is said clearly, and leaves nothing half written', async () => {
    await withLedger(async (ledger, url) => {
      await ledger.append(ID, [submitted()], NOW);
      const cut = ledger.append(ID, [moved('refused')], NOW, (place) => {
        cluster.cutOff(url);
        return issue(place);
      });
      await expect(cut).rejects.toMatchObject({ code: 'machine-unfit', problems: [{ field: 'ledger' }] });
      expect((await ledger.readRun(ID)).events).toHaveLength(1);
      expect((await ledger.append(ID, [moved('refused')], NOW, issue)).state).toBe('refused');
    });
  });

  it('while nobody uses it is replaced', async () => {
    await withLedger(async (ledger, url) => {
      await Promise.all([1, 2, 3].map((ms) => ledger.append(idAt(ms), [submitted()], NOW)));
      cluster.cutOff(url);
      await askPostgres(url, 'select 1');
      expect(await ledger.listRuns({ limit: 9 })).toHaveLength(3);
    });
  });
});

describe('a server that says nothing', () => {
  it('is given up, and asked again over another connection', async () => {
    const url = await cluster.database();
    const ledger = await openPostgresLedger(url, 500);
    try {
      await ledger.append(ID, [submitted()], NOW);
      const held = askPostgres(url, 'begin; lock table runs; select pg_sleep(2); commit');
      await askPostgres(url, 'select pg_sleep(0.3)');
      await expect(ledger.readRun(ID)).rejects.toMatchObject({ code: 'machine-unfit' });
      await held;
      expect((await ledger.readRun(ID)).run.state).toBe('submitted');
    } finally {
      await ledger.close();
    }
  });
});

describe('a server that dies', () => {
  it('has kept everything that it was told is written, and nothing half', async () => {
    await withLedger(async (ledger) => {
      const written: string[] = [];
      const faults: unknown[] = [];
      const write = async (from: number) => {
        for (let ms = from; faults.length === 0; ms++) {
          const id = idAt(ms);
          await ledger.append(id, REFUSED, NOW, issue).then(
            () => written.push(id),
            (fault: unknown) => faults.push(fault),
          );
        }
      };
      const writers = [1, 2, 3].map((writer) => write(writer * 1_000_000));
      while (written.length < 20) await new Promise((next) => setImmediate(next));
      await cluster.crash();
      await Promise.all(writers);
      for (const fault of faults) expect(fault).toMatchObject({ code: 'machine-unfit' });
      const runs = await ledger.listRuns({ limit: 1000 });
      expect(runs.map(({ id }) => id)).toEqual(expect.arrayContaining(written));
      expect(runs.length - written.length).toBeLessThanOrEqual(3);
      for (const { id } of runs) expect((await ledger.readRun(id)).events).toHaveLength(3);
      expect(await ledger.receipts({ limit: 1000 })).toHaveLength(runs.length);
    });
  }, 60_000);
});

describe('a server with other defaults', () => {
  it('is used as any other', async () => {
    const url = await cluster.database();
    const name = new URL(url).pathname.slice(1);
    const defaults = ['default_transaction_isolation = serializable', 'synchronous_commit = off'];
    for (const setting of defaults) await askPostgres(url, `alter database ${name} set ${setting}`);
    const ledgers = await Promise.all([openPostgresLedger(url), openPostgresLedger(url)]);
    const ids = Array.from({ length: 20 }, (_, i) => idAt(i));
    await Promise.all(ids.map((id, i) => ledgers[i % 2]?.append(id, REFUSED, NOW, issue)));
    expect(await ledgers[0].receipts({ limit: 100 })).toHaveLength(20);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });
});
