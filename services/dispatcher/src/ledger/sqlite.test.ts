import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@drylane/proto/digest';
import { runId } from '@drylane/proto/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from './sqlite.ts';

const DIGEST = digestOf('x');
const SUBMITTED = {
  type: 'submitted',
  task: null,
  command: 'ls',
  envelope_digest: DIGEST,
  policy_digest: DIGEST,
  owner: 'me',
} as const;

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-ledger-'));
  file = join(directory, 'state', 'ledger.db');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

// A process that opens the ledger and appends `count` runs of three events, each in its own transaction.
const WRITER = `
  import { openSqliteLedger } from ${JSON.stringify(join(import.meta.dirname, 'sqlite.ts'))};
  import { runId } from '@drylane/proto/ids';
  import { digestOf } from '@drylane/proto/digest';
  import { randomBytes } from 'node:crypto';
  const [file, count] = process.argv.slice(1);
  const ledger = await openSqliteLedger(file);
  const x = digestOf('x');
  for (let i = 0; i < Number(count); i++) {
    const now = Date.now();
    const id = runId(now, randomBytes(10));
    const owner = String(process.pid);
    await ledger.append(id, [{ type: 'submitted', task: null, command: 'ls', envelope_digest: x, policy_digest: x, owner }], now);
    await ledger.append(id, [{ type: 'classified', score: 1, level: 'low' }, { type: 'moved', to: 'rehearsing', reason: null }], now);
    process.stdout.write(id + '\\n');
  }
  await ledger.close();
`;

function startWriter(count: number): { child: ChildProcess; written: string[]; closed: Promise<unknown[]> } {
  const child = spawn(
    process.execPath,
    ['--input-type=module-typescript', '-e', WRITER, file, String(count)],
    {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const written: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    written.push(...lines);
  });
  return { child, written, closed: once(child, 'close') };
}

describe('several processes on one ledger', () => {
  it('all succeed, opening it at once for the first time and writing at once', async () => {
    const writers = Array.from({ length: 4 }, () => startWriter(25));
    for (const { closed } of writers) expect(await closed).toEqual([0, null]);
    const ledger = await openSqliteLedger(file);
    const runs = await ledger.listRuns({ limit: 1000 });
    expect(runs.map((run) => run.id).sort()).toEqual(writers.flatMap((w) => w.written).sort());
    expect(runs.filter((run) => run.state !== 'rehearsing')).toEqual([]);
    for (const run of runs) expect((await ledger.readRun(run.id)).events).toHaveLength(3);
    await ledger.close();
  }, 60_000);

  it('may be two ledgers of one process, neither of which waits for the other for ever', async () => {
    const ledgers = await Promise.all([openSqliteLedger(file), openSqliteLedger(file)]);
    const ids = Array.from({ length: 20 }, (_, i) => runId(i, new Uint8Array(10)));
    await Promise.all(ids.map((id, i) => ledgers[i % 2]?.append(id, [SUBMITTED], i)));
    expect(await ledgers[0].listRuns({ limit: 100 })).toHaveLength(20);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });

  it('cannot both make the same move', async () => {
    const ledgers = await Promise.all([openSqliteLedger(file), openSqliteLedger(file)]);
    const id = runId(1, new Uint8Array(10));
    await ledgers[0].append(id, [SUBMITTED], 1);
    const move = { type: 'moved', to: 'rehearsing', reason: null } as const;
    const results = await Promise.allSettled(ledgers.map((ledger) => ledger.append(id, [move], 2)));
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const refusal = results.find((result) => result.status === 'rejected');
    expect(refusal?.reason).toMatchObject({ code: 'illegal-transition' });
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });
});

describe('a writer that is killed', () => {
  it('leaves a ledger with everything it was told is written, and nothing half', async () => {
    const acknowledged: string[] = [];
    for (const rounds of [1, 20, 60]) {
      const { child, written, closed } = startWriter(1_000_000);
      while (written.length < rounds) await once(child.stdout ?? child, 'data');
      child.kill('SIGKILL');
      await closed;
      acknowledged.push(...written);
    }
    const ledger = await openSqliteLedger(file);
    for (const id of acknowledged) expect((await ledger.readRun(id)).run.state).toBe('rehearsing');
    const runs = await ledger.unsettled();
    expect(runs.length).toBeGreaterThanOrEqual(acknowledged.length);
    expect(runs.length - acknowledged.length).toBeLessThanOrEqual(3);
    for (const run of runs) expect([1, 3]).toContain((await ledger.readRun(run.id)).events.length);
    await ledger.close();
  }, 60_000);
});

describe("the ledger's file", () => {
  it('is for its owner alone, with all that SQLite puts beside it', async () => {
    const ledger = await openSqliteLedger(file);
    await ledger.append(runId(1, new Uint8Array(10)), [SUBMITTED], 1);
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm'])
      expect(statSync(join(directory, 'state', name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(join(directory, 'state')).mode & 0o777).toBe(0o700);
    await ledger.close();
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
