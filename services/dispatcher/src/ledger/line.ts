import type { RunState } from '@drylane/proto/lifecycle';
import { type Kysely, sql } from 'kysely';
import type { Run } from './event.ts';
import type { ListQuery, OldestQuery } from './ledger.ts';
import { parseRun } from './rows.ts';
import type { Tables } from './schema.ts';

const MAX_LISTED = 1000;

/** How many runs of each tenant are in a state; with `most`, counted no further than that. */
export async function countByTenant(
  db: Kysely<Tables>,
  state: RunState,
  most?: number,
): Promise<ReadonlyMap<string, number>> {
  if (most !== undefined) return countUpTo(db, state, most);
  const rows = await db
    .selectFrom('runs')
    .select(['tenant', sql<Count>`count(*)`.as('number')])
    .where('state', '=', state)
    .where('tenant', 'is not', null)
    .groupBy('tenant')
    .execute();
  return new Map(rows.map(({ tenant, number }) => [tenant ?? '', Number(number)]));
}

type Count = number | string | bigint;

/**
 * The same from one tenant to the next by way of the index of states and tenants, so that it costs what there are of tenants,
 * and nothing of what there are of runs. The pairs are compared as such because only that index has them in this order: what
 * a database believes of how many runs are in a state is soon wrong.
 */
async function countUpTo(
  db: Kysely<Tables>,
  state: RunState,
  most: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ readonly tenant: string; readonly number: Count }>`
    with recursive tenants (state, tenant) as (
      select state, tenant from (
        select state, tenant from runs where (state, tenant) > (${state}, '') order by state, tenant limit 1
      ) as first
      union all
      select next.state, next.tenant from tenants join runs as next on next.id = (
        select id from runs where (runs.state, runs.tenant) > (tenants.state, tenants.tenant)
        order by runs.state, runs.tenant limit 1
      )
      where tenants.state = ${state}
    )
    select tenant, (
      select count(*) from (
        select runs.state, runs.tenant from runs
        where (runs.state, runs.tenant) >= (tenants.state, tenants.tenant)
        order by runs.state, runs.tenant limit ${most}
      ) as counted
      where counted.state = tenants.state and counted.tenant = tenants.tenant
    ) as number
    from tenants where state = ${state}`.execute(db);
  return new Map(rows.map(({ tenant, number }) => [tenant, Number(number)]));
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
