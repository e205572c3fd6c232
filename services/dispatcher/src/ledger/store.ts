import { DrylaneError } from '@drylane/proto/errors';
import type { Kysely, Transaction } from 'kysely';
import { WAITING_STATES, WORKING_STATES } from './advance.ts';
import { type Addition, append } from './append.ts';
import type { Run } from './event.ts';
import type { Ledger, RunQuery } from './ledger.ts';
import { readReceipts } from './receipts.ts';
import { readRecord } from './record.ts';
import type { Retry } from './retry.ts';
import { parseRun } from './rows.ts';
import type { Tables } from './schema.ts';
import { readSticky } from './sticky.ts';

const MAX_LISTED = 1000;

/** How often a run may be changed by others before whoever wants to add to it gives up. */
const MAX_LOST = 100;

/** The ledger over any database that kysely speaks to; the tables are there already. */
export function storedLedger(db: Kysely<Tables>, retry: Retry): Ledger {
  const begin = (work: (transaction: Transaction<Tables>) => Promise<Run | undefined>) =>
    retry(() => db.transaction().setIsolationLevel('read committed').execute(work));
  return {
    append: (id, events, nowMs, issue) => appendUntilWon(begin, { id, events, nowMs, issue }),
    async readRun(id) {
      const { run, events } = await retry(() => readRecord(db, id));
      return { run, events };
    },
    listRuns: (query) => retry(() => listRuns(db, query)),
    unsettled: () =>
      retry(() =>
        listed(db.selectFrom('runs').selectAll().where('state', 'in', WORKING_STATES).orderBy('id')),
      ),
    expiring: (beforeMs) =>
      retry(() =>
        listed(
          db
            .selectFrom('runs')
            .selectAll()
            .where('state', 'in', WAITING_STATES)
            .where('updated_ms', '<', beforeMs)
            .orderBy('id')
            .limit(MAX_LISTED),
        ),
      ),
    receipts: ({ from = 0, limit }) => retry(() => readReceipts(db, { from, limit })),
    receiptOf: async (id) => (await retry(() => readRecord(db, id))).receipt,
    sticky: (key, nowMs) => retry(() => readSticky(db, key, nowMs)),
    close: () => db.destroy(),
  };
}

type Begin = (
  work: (transaction: Transaction<Tables>) => Promise<Run | undefined>,
) => Promise<Run | undefined>;

/** Adds to a run as it stands then, however often another process changes it in between. */
async function appendUntilWon(begin: Begin, addition: Addition): Promise<Run> {
  for (let lost = 0; lost < MAX_LOST; lost++) {
    const run = await begin((transaction) => append(transaction, addition));
    if (run) return run;
  }
  throw new DrylaneError('internal', {
    field: addition.id,
    message: 'is being changed by others all the time',
    mend: 'try again',
  });
}

async function listRuns(db: Kysely<Tables>, { limit, before, task }: RunQuery): Promise<readonly Run[]> {
  let query = db.selectFrom('runs').selectAll().orderBy('id', 'desc');
  if (before !== undefined) query = query.where('id', '<', before);
  if (task !== undefined) query = query.where('task', '=', task);
  return listed(query.limit(Math.max(0, Math.min(limit, MAX_LISTED))));
}

async function listed(query: {
  execute(): Promise<readonly { readonly id: string }[]>;
}): Promise<readonly Run[]> {
  return (await query.execute()).map((row) => parseRun(row).run);
}
