import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { SignedReceipt } from '@drylane/proto/receipt';
import type { Transaction } from 'kysely';
import { advance, advanceAll } from './advance.ts';
import { type ChainedEvent, chainAll, type Head } from './chain.ts';
import type { LedgerEvent, Run } from './event.ts';
import type { Issue, ReceiptPlace } from './ledger.ts';
import type { History } from './order.ts';
import { nextPlace } from './receipts.ts';
import { findRecord } from './record.ts';
import { approvalRow, eventRow, type PlacedReceipt, placeOf, receiptRow } from './rows.ts';
import type { Tables } from './schema.ts';

/** What is asked to be added to a run. */
export interface Addition {
  readonly id: RunId;
  readonly events: readonly LedgerEvent[];
  readonly nowMs: number;
  readonly issue: Issue | undefined;
}

/**
 * Adds events to a run, and its receipt where one is asked for; undefined, and nothing written, where another process
 * has changed the run since it was read here.
 */
export async function append(
  db: Transaction<Tables>,
  { id, events, nowMs, issue }: Addition,
): Promise<Run | undefined> {
  refuseReceipts(id, events);
  // Checked before it is built upon: nothing is added to, and no receipt given of, what was changed from outside.
  // A new run is not looked for: that it is new is what the database says when it is written.
  const isNew = events[0]?.type === 'submitted';
  const stored = isNew ? undefined : await findRecord(db, id);
  let history: History = advanceAll(stored, id, events, nowMs);
  const receipt = issue && issueAt(issue, { ...(await nextPlace(db)), run: history.run });
  const receipted = receipt ? [receiptedBy(receipt)] : [];
  for (const event of receipted) history = advance(history, id, event, nowMs);
  const added = chainAll(id, stored?.head, [...events, ...receipted], nowMs);
  const head = added.at(-1);
  if (head === undefined) return history.run;
  if (!(await writeRun(db, history.run, head, stored?.head))) {
    // Throws, for it is submitted again then.
    if (isNew) advanceAll(await findRecord(db, id), id, events, nowMs);
    return undefined;
  }
  await writeEvents(
    db,
    added.map((chained) => ({ id, chained })),
  );
  if (receipt) await db.insertInto('receipts').values(receiptRow(receipt)).execute();
  return history.run;
}

/** A receipt has a place in two chains; only what gives it both may say that there is one. */
function refuseReceipts(id: RunId, events: readonly LedgerEvent[]): void {
  if (!events.some(({ type }) => type === 'receipted')) return;
  throw new DrylaneError('illegal-transition', {
    field: id,
    message: 'gets its receipt from the ledger, not as an event',
    mend: 'hand in `issue`',
  });
}

/** @throws DrylaneError `internal` where what was issued stands somewhere else than it was asked to. */
function issueAt(issue: Issue, place: ReceiptPlace): PlacedReceipt {
  const receipt = placeOf(SignedReceipt.parse(issue(place)));
  const isThere =
    receipt.sequence === place.sequence &&
    receipt.previous === place.previous &&
    receipt.run === place.run.id;
  if (isThere) return receipt;
  throw new DrylaneError('internal', {
    field: place.run.id,
    message: 'was given a receipt for another place in the chain',
    mend: 'report this; nothing was written',
  });
}

const receiptedBy = ({ sequence, digest }: PlacedReceipt): LedgerEvent => ({
  type: 'receipted',
  sequence,
  digest,
});

/** Writes where a run stands, unless it stands no longer where it was read, or is there where it was to be new. */
async function writeRun(
  db: Transaction<Tables>,
  run: Run,
  head: NonNullable<Head>,
  before: Head,
): Promise<boolean> {
  const row = runRow(run, head);
  if (!before) return (await insertRuns(db, [row])) === 1;
  const update = db.updateTable('runs').set(row).where('id', '=', run.id);
  const result = await update.where('head_digest', '=', before.digest).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const runRow = (run: Run, { sequence, digest }: NonNullable<Head>) => ({
  ...run,
  head_sequence: sequence,
  head_digest: digest,
});

/** Writes new runs, and answers how many of them were new. */
async function insertRuns(
  db: Transaction<Tables>,
  rows: readonly ReturnType<typeof runRow>[],
): Promise<number> {
  const insert = db
    .insertInto('runs')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing());
  return Number((await insert.executeTakeFirstOrThrow()).numInsertedOrUpdatedRows);
}

async function writeEvents(db: Transaction<Tables>, added: readonly Added[]): Promise<void> {
  await db
    .insertInto('events')
    .values(added.map(({ id, chained }) => eventRow(id, chained)))
    .execute();
  const words = added.flatMap(({ id, chained }) => approvalRow(id, chained) ?? []);
  if (words.length > 0) await db.insertInto('approvals').values(words).execute();
}

/** An event that is added to a run. */
interface Added {
  readonly id: RunId;
  readonly chained: ChainedEvent;
}

/**
 * Adds new runs, all or none of them, and answers where they stand; undefined, and nothing to be kept, where one of them is
 * not new. None of them gets a receipt.
 */
export async function appendNew(
  db: Transaction<Tables>,
  additions: readonly Omit<Addition, 'issue'>[],
): Promise<readonly Run[] | undefined> {
  const runs = additions.map(({ id, events, nowMs }) => {
    refuseReceipts(id, events);
    const { run } = advanceAll(undefined, id, events, nowMs);
    return { run, added: chainAll(id, undefined, events, nowMs).map((chained) => ({ id, chained })) };
  });
  const rows = runs.flatMap(({ run, added }) => {
    const head = added.at(-1)?.chained;
    return head === undefined ? [] : [runRow(run, head)];
  });
  if ((await insertRuns(db, rows)) !== runs.length) return undefined;
  await writeEvents(
    db,
    runs.flatMap(({ added }) => added),
  );
  return runs.map(({ run }) => run);
}
