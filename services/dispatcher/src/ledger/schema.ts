import { DrylaneError } from '@drylane/proto/errors';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { TokenRow } from '../access/row.ts';
import type { ScheduleRow } from '../schedule/row.ts';
import type { Run } from './event.ts';
import type { ApprovalRow, EventRow, ReceiptRow, SubmissionRow } from './rows.ts';

/** The ledger's tables, the same in SQLite and PostgreSQL. */
export interface Tables {
  readonly runs: Run & { readonly head_sequence: number; readonly head_digest: string };
  readonly events: EventRow;
  readonly approvals: ApprovalRow;
  readonly receipts: ReceiptRow;
  readonly submissions: SubmissionRow;
  readonly tokens: TokenRow;
  readonly schedules: ScheduleRow;
  readonly ledger_migrations: { readonly version: number };
}

type Migration = (db: Transaction<Tables>) => Promise<void>;

/** In order, and never changed once released: what is new is another one at the end. */
const MIGRATIONS: readonly Migration[] = [
  createRunsAndEvents,
  addRawOutput,
  addPromotion,
  addFleet,
  addTokens,
  addSchedules,
  addLandingIndex,
  addTrace,
];

async function createRunsAndEvents(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('runs')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('task', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('verdict', 'text')
    .addColumn('command', 'text', (c) => c.notNull())
    .addColumn('risk_score', 'double precision')
    .addColumn('risk_level', 'text')
    .addColumn('envelope_digest', 'text', (c) => c.notNull())
    .addColumn('policy_digest', 'text', (c) => c.notNull())
    .addColumn('evidence_digest', 'text')
    .addColumn('patches_digest', 'text')
    .addColumn('decision_digest', 'text')
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('updated_ms', 'bigint', (c) => c.notNull())
    .addColumn('head_sequence', 'integer', (c) => c.notNull())
    .addColumn('head_digest', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('runs_task').on('runs').columns(['task', 'id']).execute();
  await db.schema.createIndex('runs_state').on('runs').columns(['state', 'id']).execute();
  await db.schema
    .createTable('events')
    .addColumn('run_id', 'text', (c) => c.notNull().references('runs.id'))
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('json', 'text', (c) => c.notNull())
    .addColumn('time_ms', 'bigint', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_place', ['run_id', 'sequence'])
    .execute();
}

async function addRawOutput(db: Transaction<Tables>): Promise<void> {
  await db.schema.alterTable('runs').addColumn('raw_output_digest', 'text').execute();
}

async function addPromotion(db: Transaction<Tables>): Promise<void> {
  const added = ['submitter', 'change_set_digest', 'promotion_mode', 'promotion_result', 'receipt_digest'];
  for (const column of added) await db.schema.alterTable('runs').addColumn(column, 'text').execute();
  await db.schema.createIndex('runs_receipt').on('runs').column('receipt_digest').execute();
  await db.schema
    .createTable('approvals')
    .addColumn('run_id', 'text', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('lane', 'text', (c) => c.notNull())
    .addColumn('decision', 'text', (c) => c.notNull())
    .addColumn('approver_id', 'text', (c) => c.notNull())
    .addColumn('bound', 'text', (c) => c.notNull())
    .addColumn('sticky_key', 'text')
    .addColumn('expires_ms', 'bigint', (c) => c.notNull())
    .addColumn('json', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('approvals_place', ['run_id', 'sequence'])
    .addForeignKeyConstraint('approvals_event', ['run_id', 'sequence'], 'events', ['run_id', 'sequence'])
    .execute();
  await db.schema.createIndex('approvals_sticky').on('approvals').column('sticky_key').execute();
  await db.schema
    .createTable('receipts')
    .addColumn('sequence', 'integer', (c) => c.primaryKey())
    .addColumn('run_id', 'text', (c) => c.notNull().unique().references('runs.id'))
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('json', 'text', (c) => c.notNull())
    .execute();
}

async function addFleet(db: Transaction<Tables>): Promise<void> {
  for (const column of ['tenant', 'task_digest', 'claimant', 'reason'])
    await db.schema.alterTable('runs').addColumn(column, 'text').execute();
  await db.schema
    .alterTable('runs')
    .addColumn('promote', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  const moves = db.selectFrom('events').select(['run_id', 'json']).where('type', '=', 'moved');
  // The last move of a run is the one whose reason stays.
  for (const { run_id, json } of await moves.orderBy('run_id').orderBy('sequence').execute()) {
    const { reason } = JSON.parse(json) as { readonly reason: string | null };
    await db.updateTable('runs').set({ reason }).where('id', '=', run_id).execute();
  }
  await db.schema.createIndex('runs_line').on('runs').columns(['state', 'tenant', 'id']).execute();
  await db.schema.createIndex('runs_tenant').on('runs').columns(['tenant', 'id']).execute();
  await db.schema
    .createTable('submissions')
    .addColumn('tenant', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('run_id', 'text', (c) => c.notNull().references('runs.id'))
    .addColumn('body', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('submissions_key', ['tenant', 'key'])
    .execute();
}

async function addTokens(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('secret_hash', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('tenant', 'text')
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('expires_ms', 'bigint')
    .addColumn('revoked_ms', 'bigint')
    .addColumn('last_used_ms', 'bigint')
    .execute();
  // Two that count at once under one name would be one person to whoever reads the record.
  await db.schema
    .createIndex('tokens_name')
    .unique()
    .on('tokens')
    .column('name')
    .where(sql<boolean>`revoked_ms is null`)
    .execute();
}

async function addSchedules(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('schedules')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('tenant', 'text', (c) => c.notNull())
    .addColumn('submitter', 'text', (c) => c.notNull())
    .addColumn('cron', 'text', (c) => c.notNull())
    .addColumn('timezone', 'text', (c) => c.notNull())
    .addColumn('promote', 'integer', (c) => c.notNull())
    .addColumn('envelope', 'text', (c) => c.notNull())
    .addColumn('created_ms', 'bigint', (c) => c.notNull())
    .addColumn('next_ms', 'bigint')
    .addColumn('last_run', 'text')
    .execute();
  await db.schema.createIndex('schedules_next').on('schedules').column('next_ms').execute();
  await db.schema.createIndex('schedules_tenant').on('schedules').columns(['tenant', 'id']).execute();
}

/** Runs that could land stay so for as long as they are not asked to: what looks for those that are must pass them by. */
async function addLandingIndex(db: Transaction<Tables>): Promise<void> {
  await db.schema.createIndex('runs_landing').on('runs').columns(['state', 'promote', 'id']).execute();
}

async function addTrace(db: Transaction<Tables>): Promise<void> {
  await db.schema.alterTable('runs').addColumn('trace', 'text').execute();
}

/**
 * Brings the tables up to this version, all or nothing, one process at a time: `lock` waits for the others until the
 * transaction ends.
 * @throws DrylaneError `machine-unfit` for a ledger that a newer version wrote.
 */
export async function migrate(
  db: Kysely<Tables>,
  lock: (transaction: Transaction<Tables>) => Promise<void>,
): Promise<void> {
  // What stood there when the lock was asked for may be another's yesterday by the time that it is given.
  const fresh = db.transaction().setIsolationLevel('read committed');
  await fresh.execute(async (transaction) => {
    await lock(transaction);
    await sql`create table if not exists ledger_migrations (version integer primary key)`.execute(
      transaction,
    );
    const rows = await transaction.selectFrom('ledger_migrations').select('version').execute();
    const current = Math.max(0, ...rows.map((row) => row.version));
    if (current > MIGRATIONS.length)
      throw new DrylaneError('machine-unfit', {
        field: 'ledger',
        message: `has version ${current}, and this drylane knows ${MIGRATIONS.length}`,
        mend: 'use the drylane that wrote it, or choose another directory with --state',
      });
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < current) continue;
      await migration(transaction);
      await transaction
        .insertInto('ledger_migrations')
        .values({ version: index + 1 })
        .execute();
    }
  });
}
