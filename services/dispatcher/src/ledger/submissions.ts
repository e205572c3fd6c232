import { RunId } from '@drylane/proto/ids';
import type { Kysely, Transaction } from 'kysely';
import { type Addition, append, appendNew } from './append.ts';
import type { Run } from './event.ts';
import type { Earlier, NewRun, SubmissionKey } from './ledger.ts';
import { SubmissionRow } from './rows.ts';
import type { Tables } from './schema.ts';

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

/**
 * Adds new runs that all go on, with their keys, all or none of them.
 * @throws where one cannot be added together with the others.
 */
export async function submitAll(
  db: Transaction<Tables>,
  submissions: readonly NewRun[],
): Promise<readonly (Run | Earlier)[]> {
  const earlier = await earlierOf(db, submissions);
  const fresh = submissions.filter(({ id, key }) => {
    if (key === null) return true;
    if (earlier.has(nameOf(key))) return false;
    // Whoever uses it once more in the same moment is told of the first.
    earlier.set(nameOf(key), { run_id: id, body: key.body });
    return true;
  });
  const runs = fresh.length === 0 ? [] : await appendNew(db, fresh);
  if (runs === undefined) throw new Error('one of several new runs is there already');
  // In one order, whoever writes them: two that wait for each other's keys would wait for ever.
  const keys = fresh
    .flatMap(({ key, id }) => (key === null ? [] : [{ ...key, run_id: id }]))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  if (keys.length > 0) await db.insertInto('submissions').values(keys).execute();
  const added = new Map(runs.map((run) => [run.id, run]));
  return submissions.map(({ id, key }) => {
    const run = added.get(id);
    if (run !== undefined) return run;
    const row = key === null ? undefined : earlier.get(nameOf(key));
    if (row === undefined) throw new Error('a new run was neither added nor seen before');
    return { earlier: RunId.parse(row.run_id), same: row.body === key?.body };
  });
}

type Seen = Pick<SubmissionRow, 'run_id' | 'body'>;

const nameOf = ({ tenant, key }: Pick<SubmissionKey, 'tenant' | 'key'>): string =>
  JSON.stringify([tenant, key]);

/** What the keys of submissions were used for before. */
async function earlierOf(db: Kysely<Tables>, submissions: readonly NewRun[]): Promise<Map<string, Seen>> {
  const keys = submissions.flatMap(({ key }) => key ?? []);
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom('submissions')
    .selectAll()
    .where((its) => its.or(keys.map(({ tenant, key }) => its.and({ tenant, key }))))
    .execute();
  return new Map(rows.map((row) => SubmissionRow.parse(row)).map((row) => [nameOf(row), row]));
}
