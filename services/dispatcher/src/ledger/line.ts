import type { RunState } from '@drylane/proto/lifecycle';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type Addition, append } from './append.ts';
import type { Run } from './event.ts';
import type { Earlier, ListQuery, OldestQuery, SubmissionKey } from './ledger.ts';
import { parseRun, SubmissionRow } from './rows.ts';
import type { Tables } from './schema.ts';

const MAX_LISTED = 1000;

/**
 * Adds a new run, and in the same transaction the key that it was submitted under, so that it is there once; undefined as
 * {@link append}.
 */
export async function submit(
  db: Transaction<Tables>,
  addition: Addition,
  key: SubmissionKey | null,
): Promise<Run | Earlier | undefined> {
  if (key === null) return append(db, addition);
  const { tenant, body } = key;
  const found = await db
    .selectFrom('submissions')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('key', '=', key.key)
    .executeTakeFirst();
  if (found !== undefined) {
    const row = SubmissionRow.parse(found);
    return { earlier: row.run_id, same: row.body === body };
  }
  const run = await append(db, addition);
  await db.insertInto('submissions').values({ tenant, key: key.key, run_id: addition.id, body }).execute();
  return run;
}

/** How many runs of each tenant are in a state. */
export async function countByTenant(
  db: Kysely<Tables>,
  state: RunState,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('runs')
    .select(['tenant', sql<number | string | bigint>`count(*)`.as('number')])
    .where('state', '=', state)
    .where('tenant', 'is not', null)
    .groupBy('tenant')
    .execute();
  return new Map(rows.map(({ tenant, number }) => [tenant ?? '', Number(number)]));
}

/** Runs of a tenant in a state, the oldest first; those that are to land where `promote` says so. */
export async function oldest(
  db: Kysely<Tables>,
  { tenant, state, promote, after, limit }: OldestQuery,
): Promise<readonly Run[]> {
  let query = db.selectFrom('runs').selectAll().where('state', '=', state);
  query = tenant === null ? query.where('tenant', 'is not', null) : query.where('tenant', '=', tenant);
  if (promote) query = query.where('promote', '=', 1);
  if (after !== undefined) query = query.where('id', '>', after);
  const rows = await query.orderBy('id').limit(Math.min(limit, MAX_LISTED)).execute();
  return rows.map((row) => parseRun(row).run);
}

/** Runs, the newest first. */
export async function listRuns(db: Kysely<Tables>, asked: ListQuery): Promise<readonly Run[]> {
  const { limit, before, task, state, tenants } = asked;
  let query = db.selectFrom('runs').selectAll().orderBy('id', 'desc');
  if (before !== undefined) query = query.where('id', '<', before);
  if (task !== undefined) query = query.where('task', '=', task);
  if (state !== undefined) query = query.where('state', '=', state);
  if (tenants !== undefined) query = query.where('tenant', 'in', tenants);
  const rows = await query.limit(Math.max(0, Math.min(limit, MAX_LISTED))).execute();
  return rows.map((row) => parseRun(row).run);
}
