import { digestOfJson } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';
import type { SignedReceipt } from '@drylane/proto/receipt';
import type { Kysely } from 'kysely';
import { noSuchRun } from './advance.ts';
import { altered, type ChainedEvent, type Head, verifyChain } from './chain.ts';
import type { History } from './order.ts';
import { ApprovalRow, approvalRow, parseEvent, parseReceipt, parseRun } from './rows.ts';
import type { Tables } from './schema.ts';

/** All that the ledger holds of a run. */
export interface WholeRecord extends History {
  readonly events: readonly ChainedEvent[];
  readonly head: NonNullable<Head>;
  readonly receipt: SignedReceipt | undefined;
}

/**
 * Reads all that the ledger holds of a run, and checks it; undefined where it holds nothing.
 * @throws DrylaneError `internal` when the record was changed from outside.
 */
export async function findRecord(db: Kysely<Tables>, id: RunId): Promise<WholeRecord | undefined> {
  const rows = await recordQuery(db, id).execute();
  const [first] = rows;
  if (!first) return undefined;
  try {
    const { run, head } = parseRun(first);
    const events = rows.map((row) => parseEvent({ ...row, run_id: id }));
    const history = verifyChain(run, head, events);
    const words = rows.filter((row, index) => verifyWord(id, events[index], row));
    if (Number(first.approval_rows) !== words.length) throw altered(id);
    const receipt = verifyReceipt(id, events, rows.at(-1));
    if (Number(first.receipt_rows) !== (receipt === undefined ? 0 : 1)) throw altered(id);
    return { ...history, events, head, receipt };
  } catch (cause) {
    throw altered(id, cause);
  }
}

/** As {@link findRecord}. @throws DrylaneError also `not-found` for no such run. */
export async function readRecord(db: Kysely<Tables>, id: RunId): Promise<WholeRecord> {
  const record = await findRecord(db, id);
  if (record === undefined) throw noSuchRun(id);
  return record;
}

// One statement, so that all of it is of one moment.
function recordQuery(db: Kysely<Tables>, id: RunId) {
  return db
    .selectFrom('runs')
    .leftJoin('events', 'events.run_id', 'runs.id')
    .leftJoin('approvals', (join) =>
      join
        .onRef('approvals.run_id', '=', 'events.run_id')
        .onRef('approvals.sequence', '=', 'events.sequence'),
    )
    .leftJoin('receipts', (join) =>
      join.onRef('receipts.run_id', '=', 'events.run_id').on('events.type', '=', 'receipted'),
    )
    .where('runs.id', '=', id)
    .selectAll('runs')
    .select(['events.sequence', 'events.type', 'events.json', 'events.time_ms', 'events.digest'])
    .select(['approvals.lane', 'approvals.decision', 'approvals.approver_id', 'approvals.bound'])
    .select(['approvals.sticky_key', 'approvals.expires_ms', 'approvals.json as approval_json'])
    .select(['receipts.sequence as receipt_sequence', 'receipts.digest as signed_digest'])
    .select('receipts.json as signed_json')
    .select(({ selectFrom, fn }) => [
      selectFrom('approvals')
        .whereRef('approvals.run_id', '=', 'runs.id')
        .select(fn.countAll().as('count'))
        .as('approval_rows'),
      selectFrom('receipts')
        .whereRef('receipts.run_id', '=', 'runs.id')
        .select(fn.countAll().as('count'))
        .as('receipt_rows'),
    ])
    .orderBy('events.sequence');
}

type RecordRow = Awaited<ReturnType<ReturnType<typeof recordQuery>['execute']>>[number];

/** Whether an event is somebody's word, and then its row says the same; throws where it does not. */
function verifyWord(id: RunId, event: ChainedEvent | undefined, row: RecordRow): boolean {
  const expected = event && approvalRow(id, event);
  if (expected === undefined) return false;
  const found = ApprovalRow.parse({ ...row, run_id: id, json: row.approval_json });
  if (digestOfJson(found) !== digestOfJson(expected)) throw altered(id);
  return true;
}

/** The receipt that the last event names; throws where it is another or is not there. */
function verifyReceipt(
  id: RunId,
  events: readonly ChainedEvent[],
  row: RecordRow | undefined,
): SignedReceipt | undefined {
  const event = events.at(-1)?.event;
  if (event?.type !== 'receipted' || row === undefined) return undefined;
  const { receipt_sequence: sequence, signed_digest: digest, signed_json: json } = row;
  const placed = parseReceipt({ sequence, run_id: id, digest, json });
  if (placed.digest !== event.digest || placed.sequence !== event.sequence) throw altered(id);
  return placed.signed;
}
