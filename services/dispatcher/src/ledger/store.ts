import { DrylaneError } from '@drylane/proto/errors';
import type { Kysely, Transaction } from 'kysely';
import { WAITING_STATES, WORKING_STATES } from './advance.ts';
import { type Addition, append } from './append.ts';
import type { Run } from './event.ts';
import type { Earlier, Ledger } from './ledger.ts';
import { countByTenant, listRuns, oldest } from './line.ts';
import { readReceipts } from './receipts.ts';
import { readRecord } from './record.ts';
import type { Retry } from './retry.ts';
import { parseRun } from './rows.ts';
import type { Tables } from './schema.ts';
import { readSticky } from './sticky.ts';
import { submit, submitAll } from './submissions.ts';
import { together } from './together.ts';

const MAX_LISTED = 1000;

/** How often a run may be changed by others before whoever wants to add to it gives up. */
const MAX_LOST = 100;

/** The ledger over any database that kysely speaks to; the tables are there already. */
export function storedLedger(db: Kysely<Tables>, retry: Retry): Ledger {
  const begin: Begin = (work) =>
    retry(() => db.transaction().setIsolationLevel('read committed').execute(work));
  return {
    async append(id, events, nowMs, issue) {
      const addition: Addition = { id, events, nowMs, issue };
      return untilWon(id, () => begin((transaction) => append(transaction, addition)));
    },
    submit: together({
      async alone({ key, id, events, nowMs, issue }) {
        const addition: Addition = { id, events, nowMs, issue };
        return untilWon<Run | Earlier>(id, () => begin((transaction) => submit(transaction, addition, key)));
      },
      all: (submissions) => begin((transaction) => submitAll(transaction, submissions)),
    }),
    async readRun(id) {
      const { run, events } = await retry(() => readRecord(db, id));
      return { run, events };
    },
    listRuns: (query) => retry(() => listRuns(db, query)),
    countByTenant: (state, most) => retry(() => countByTenant(db, state, most)),
    oldest: (query) => retry(() => oldest(db, query)),
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
    sticky: (key, tenant, nowMs) => retry(() => readSticky(db, key, tenant, nowMs)),
    close: () => db.destroy(),
  };
}

type Begin = <T>(work: (transaction: Transaction<Tables>) => Promise<T>) => Promise<T>;

/** Adds to a run as it stands then, however often another process changes it in between. */
async function untilWon<T>(id: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let lost = 0; lost < MAX_LOST; lost++) {
    const won = await attempt();
    if (won !== undefined) return won;
  }
  throw new DrylaneError('internal', {
    field: id,
    message: 'is being changed by others all the time',
    mend: 'try again',
  });
}

async function listed(query: {
  execute(): Promise<readonly { readonly id: string }[]>;
}): Promise<readonly Run[]> {
  return (await query.execute()).map((row) => parseRun(row).run);
}
