import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import { advance, noSuchRun, WORKING_STATES } from './advance.ts';
import { altered, type ChainedEvent, chain, type Head, verifyChain } from './chain.ts';
import { LedgerEvent, Run } from './event.ts';
import type { Ledger, RunRecord } from './ledger.ts';
import type { Tables } from './schema.ts';

const MAX_LISTED = 1000;

/** Runs a piece of work, again if the database was too busy for it. */
export type Retry = <T>(work: () => Promise<T>) => Promise<T>;

/** The ledger over any database that kysely speaks to; the tables are there already. */
export function storedLedger(db: Kysely<Tables>, retry: Retry): Ledger {
  return {
    append: (id, events, nowMs) =>
      retry(() => db.transaction().execute((transaction) => append(transaction, id, events, nowMs))),
    readRun: (id) => retry(() => readRecord(db, id)),
    listRuns: async ({ limit, before, task }) => {
      let query = db.selectFrom('runs').selectAll().orderBy('id', 'desc');
      if (before !== undefined) query = query.where('id', '<', before);
      if (task !== undefined) query = query.where('task', '=', task);
      const limited = query.limit(Math.max(0, Math.min(limit, MAX_LISTED)));
      const rows = await retry(() => limited.execute());
      return rows.map((row) => parseRow(row).run);
    },
    unsettled: async () => {
      const query = db.selectFrom('runs').selectAll().where('state', 'in', WORKING_STATES).orderBy('id');
      const rows = await retry(() => query.execute());
      return rows.map((row) => parseRow(row).run);
    },
    close: () => db.destroy(),
  };
}

async function append(
  db: Transaction<Tables>,
  id: RunId,
  events: readonly LedgerEvent[],
  nowMs: number,
): Promise<Run> {
  const stored = await readRow(db, id);
  let { run, head }: { run: Run | undefined; head: Head } = stored ?? { run: undefined, head: undefined };
  const added: ChainedEvent[] = [];
  for (const event of events) {
    run = advance(run, id, event, nowMs);
    head = chain(id, head, event, nowMs);
    added.push({ ...head, event, time_ms: nowMs });
  }
  if (!run || !head) throw noSuchRun(id);
  await writeRow(db, run, head, stored?.head);
  for (const { sequence, time_ms, event, digest } of added) {
    const json = JSON.stringify(event);
    const row = { run_id: id, sequence, type: event.type, json, time_ms, digest };
    await db.insertInto('events').values(row).execute();
  }
  return run;
}

async function writeRow(
  db: Transaction<Tables>,
  run: Run,
  head: NonNullable<Head>,
  before: Head,
): Promise<void> {
  const row = { ...run, head_sequence: head.sequence, head_digest: head.digest };
  if (!before) {
    await db.insertInto('runs').values(row).execute();
    return;
  }
  const update = db.updateTable('runs').set(row).where('id', '=', run.id);
  const result = await update.where('head_digest', '=', before.digest).executeTakeFirst();
  if (result.numUpdatedRows !== 1n)
    throw new DrylaneError('internal', {
      field: run.id,
      message: 'was changed by another process in the middle of a transaction',
      mend: 'try again',
    });
}

// One statement, so that row and events are of one moment.
async function readRecord(db: Kysely<Tables>, id: RunId): Promise<RunRecord> {
  const rows = await db
    .selectFrom('runs')
    .leftJoin('events', 'events.run_id', 'runs.id')
    .where('runs.id', '=', id)
    .selectAll('runs')
    .select(['sequence', 'type', 'json', 'time_ms', 'digest'])
    .orderBy('sequence')
    .execute();
  const [first] = rows;
  if (!first) throw noSuchRun(id);
  try {
    const { run, head } = parseRow(first);
    const events = rows.map((row) => parseEvent(row));
    verifyChain(run, head, events);
    return { run, events };
  } catch (cause) {
    throw altered(id, cause);
  }
}

async function readRow(db: Transaction<Tables>, id: RunId): Promise<{ run: Run; head: Head } | undefined> {
  const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && parseRow(row);
}

// PostgreSQL's driver gives a bigint as text.
const RunRow = z.object({
  ...Run.shape,
  created_ms: z.coerce.number().int(),
  updated_ms: z.coerce.number().int(),
  head_sequence: z.int(),
  head_digest: z.string(),
});

function parseRow(row: { readonly id: string }): { run: Run; head: NonNullable<Head> } {
  const result = RunRow.safeParse(row);
  if (!result.success) throw altered(row.id, result.error);
  const { head_sequence, head_digest, ...run } = result.data;
  return { run, head: { sequence: head_sequence, digest: head_digest } };
}

const EventRow = z.object({
  sequence: z.int(),
  type: z.string(),
  json: z.string(),
  time_ms: z.coerce.number().int(),
  digest: z.string(),
});

function parseEvent(row: unknown): ChainedEvent {
  const { sequence, type, json, time_ms, digest } = EventRow.parse(row);
  const event = LedgerEvent.parse(JSON.parse(json));
  if (event.type !== type) throw new Error(`an event is ${event.type} inside and ${type} outside`);
  return { sequence, time_ms, event, digest };
}
