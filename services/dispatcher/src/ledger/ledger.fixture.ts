import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Approval } from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
import { type RunId, runId } from '@drylane/proto/ids';
import { RECEIPT_MEDIA_TYPE } from '@drylane/proto/receipt';
import type { Database } from './database.ts';
import type { LedgerEvent } from './event.ts';
import type { Issue, Ledger } from './ledger.ts';
import { askPostgres, startCluster } from './postgres.fixture.ts';
import { openPostgres, openPostgresLedger } from './postgres.ts';
import { openSqlite, openSqliteLedger } from './sqlite.ts';

export const NOW = 1_700_000_000_000;
export const digest = digestOf('x');
export const OTHER = digestOf('y');
export const idAt = (ms: number): RunId => runId(ms, new Uint8Array(10));
export const ID = idAt(NOW);

type Event<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>;

export const submitted = (over: Partial<Event<'submitted'>> = {}): Event<'submitted'> => ({
  type: 'submitted',
  task: null,
  command: 'make',
  envelope_digest: digest,
  policy_digest: digest,
  owner: 'me',
  ...over,
});
export const moved = (to: Event<'moved'>['to'], reason: string | null = null): Event<'moved'> => ({
  type: 'moved',
  to,
  reason,
});
export const classified: Event<'classified'> = { type: 'classified', score: 5.5, level: 'medium' };
export const rehearsed: Event<'rehearsed'> = {
  type: 'rehearsed',
  evidence_digest: digest,
  patches_digest: null,
};
export const decided: Event<'decided'> = { type: 'decided', verdict: 'promote', decision_digest: digest };
export const claimed: Event<'claimed'> = { type: 'claimed', owner: 'claimant', mode: 'apply', bound: digest };
export const settled = (result: Event<'settled'>['result']): Event<'settled'> => ({
  type: 'settled',
  mode: 'apply',
  result,
});

/** A person's word; whose, and what else is special about it, is said by the caller. */
export const word = (id: string, over: Partial<Approval> = {}): Approval => ({
  lane: 'live',
  decision: 'approve',
  approver: { id, proof: 'terminal' },
  comment: null,
  time_ms: NOW,
  expires_ms: NOW + 1000,
  bound: digest,
  ...over,
});
export const approved = (approval: Approval, stickyKey: string | null = null): Event<'approved'> => ({
  type: 'approved',
  approval,
  sticky_key: stickyKey,
});
export const rejected = (approval: Approval, stickyKey?: string): Event<'rejected'> => ({
  type: 'rejected',
  approval: { ...approval, decision: 'reject' },
  ...(stickyKey === undefined ? {} : { sticky_key: stickyKey }),
});

/** All that brings a run to where it may be claimed. */
export const WHOLE: readonly LedgerEvent[] = [
  submitted(),
  classified,
  moved('rehearsing'),
  rehearsed,
  decided,
  moved('promotable', 'as policy says'),
];

/** All that brings a run to where a person is asked whether it lands. */
export const ASKED: readonly LedgerEvent[] = [...WHOLE.slice(0, -1), moved('awaiting-live-approval')];

/** Issues a receipt that says nothing but where it stands; nobody has signed it. */
export const issue: Issue = ({ sequence, previous, run }) => ({
  payload: Buffer.from(JSON.stringify({ predicate: { sequence, previous, run: run.id } })).toString('base64'),
  payloadType: RECEIPT_MEDIA_TYPE,
  signatures: [{ keyid: '0'.repeat(64), sig: Buffer.alloc(64).toString('base64') }],
});

/** An empty database, for one test. */
export interface Place {
  /** A file, or what starts with `postgres:`. */
  readonly address: string;
  open(): Promise<Ledger>;
  /** Opens what else is kept in the ledger's database. */
  openDatabase(): Promise<Database>;
  /** Does something to the database that is not the ledger's doing. */
  execute(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** A kind of database, for the tests of one file. */
export interface Kind {
  place(): Promise<Place>;
  stop(): Promise<void>;
}

/** Every kind of database that a ledger may be in. */
export const KINDS: readonly (readonly [name: string, start: () => Promise<Kind>])[] = [
  ['SQLite', async () => ({ place: sqlitePlace, stop: async () => {} })],
  ['PostgreSQL', startPostgres],
];

async function sqlitePlace(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'drylane-ledger-'));
  const file = join(directory, 'state/ledger.db');
  return {
    address: file,
    open: () => openSqliteLedger(file),
    openDatabase: () => openSqlite(file),
    async execute(sql) {
      const database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: false });
      database.exec(sql);
      database.close();
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

// Emptying tables takes a tenth of the time that another database takes.
async function startPostgres(): Promise<Kind> {
  const cluster = await startCluster();
  const url = await cluster.database();
  await (await openPostgresLedger(url)).close();
  const place: Place = {
    address: url,
    open: () => openPostgresLedger(url),
    openDatabase: () => openPostgres(url),
    // As whoever owns the server may: without the constraints between tables.
    execute: (sql) => askPostgres(url, `set session_replication_role = replica; ${sql}`),
    close: async () => {},
  };
  return {
    async place() {
      await place.execute('truncate runs, events, approvals, receipts, submissions, tokens, schedules');
      return place;
    },
    stop: () => cluster.stop(),
  };
}
