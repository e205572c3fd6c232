import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { describeKinds, type Place } from './kinds.fixture.ts';
import { claimed, idAt, moved, NOW, WHOLE } from './ledger.fixture.ts';
import type { Ledger } from './ledger.ts';

const KILLS = Number(process.env.DRYLANE_KILLS ?? 20);
const CLAIMANTS = 2;
const RUNS = 16;

/** How long a claimant takes for all its runs on a machine that does nothing else, and a little more. */
const LONGEST_MS = 80;

const moduleAt = (name: string): string =>
  JSON.stringify(pathToFileURL(`${import.meta.dirname}/${name}`).href);

// Claims one run after the other as soon as it is told to, and names each that it was told it has.
const CLAIMANT = `
  const [address, owner, ...ids] = process.argv.slice(1);
  const ledger = address.startsWith('postgres:')
    ? await (await import(${moduleAt('postgres.ts')})).openPostgresLedger(address)
    : await (await import(${moduleAt('sqlite.ts')})).openSqliteLedger(address);
  process.stdout.write('ready\\n');
  await new Promise((go) => process.stdin.once('data', go));
  for (const id of ids) {
    const events = [
      { type: 'claimed', owner, mode: 'apply', bound: ${JSON.stringify(claimed.bound)} },
      { type: 'moved', to: 'promoting', reason: null },
    ];
    try {
      await ledger.append(id, events, Date.now());
      process.stdout.write(id + '\\n');
    } catch (error) {
      if (error.code !== 'illegal-transition') throw error;
    }
  }
  await new Promise(() => setInterval(() => {}, 1000));
`;

interface Claimant {
  readonly owner: string;
  /** The runs that it was told it has. */
  readonly told: readonly string[];
  go(): void;
  /** Kills it, and waits until all that it said is heard. */
  kill(): Promise<void>;
}

async function startClaimant(address: string, owner: string, ids: readonly string[]): Promise<Claimant> {
  const args = ['--input-type=module-typescript', '-e', CLAIMANT, address, owner, ...ids];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const told: string[] = [];
  const lines = createInterface(child.stdout);
  const ready = once(lines, 'line');
  lines.on('line', (line) => told.push(line));
  await Promise.race([ready, closed]);
  expect(told).toEqual(['ready']);
  told.pop();
  return {
    owner,
    told,
    go: () => child.stdin.write('go\n'),
    async kill() {
      child.kill('SIGKILL');
      expect(await closed).toEqual([null, 'SIGKILL']);
    },
  };
}

describeKinds('claimants that are killed while they claim, in %s', (kind) => {
  it(
    `never have a run between them, and leave every chain whole (${KILLS} kills)`,
    async () => {
      const place = await kind.place();
      const ledger = await place.open();
      for (let round = 0; round < KILLS / CLAIMANTS; round++) await raceOnce(place, ledger, round);
      await ledger.close();
      await place.close();
    },
    60_000 + KILLS * 5_000,
  );
});

async function raceOnce(place: Place, ledger: Ledger, round: number): Promise<void> {
  const ids = Array.from({ length: RUNS }, (_, i) => idAt(NOW + round * RUNS + i));
  for (const id of ids) await ledger.append(id, WHOLE, NOW);
  const owners = Array.from({ length: CLAIMANTS }, (_, i) => `claimant ${round}.${i}`);
  const claimants = await Promise.all(owners.map((owner) => startClaimant(place.address, owner, ids)));
  for (const claimant of claimants) claimant.go();
  await Promise.all(
    claimants.map(async (claimant) => {
      await delay(Math.random() * LONGEST_MS);
      await claimant.kill();
    }),
  );
  for (const id of ids) await checkRun(ledger, id, claimants);
}

/**
 * Whatever became of the claimants, a run is claimed once, by whom it was said to be, or is free for the next. A server may
 * still be busy with the last words of one that was killed, so the next one comes before the look at who was first.
 */
async function checkRun(ledger: Ledger, id: string, claimants: readonly Claimant[]): Promise<void> {
  const told = claimants.filter((claimant) => claimant.told.includes(id)).map(({ owner }) => owner);
  const events = [{ ...claimed, owner: 'the next' }, moved('promoting')];
  const [next] = await Promise.allSettled([ledger.append(id, events, NOW)]);
  const record = await ledger.readRun(id);
  const claims = record.events.flatMap(({ event }) => (event.type === 'claimed' ? [event.owner] : []));
  expect(claims).toHaveLength(1);
  expect(record.run).toMatchObject({ state: 'promoting', owner: claims[0] });
  if (told.length > 0) expect(told).toEqual(claims);
  if (next.status === 'fulfilled') expect(claims).toEqual(['the next']);
  else expect(next.reason).toMatchObject({ code: 'illegal-transition' });
  expect(claims.includes('the next')).toBe(next.status === 'fulfilled');
}
