import type { SignedReceipt } from '@drylane/proto/receipt';
import type { Kysely } from 'kysely';
import { altered } from './chain.ts';
import type { ReceiptPlace } from './ledger.ts';
import { type PlacedReceipt, parseReceipt } from './rows.ts';
import type { Tables } from './schema.ts';

const MAX_READ = 1000;

/** The place for the next receipt. @throws DrylaneError `internal` where the last one was changed from outside. */
export async function nextPlace(db: Kysely<Tables>): Promise<Omit<ReceiptPlace, 'run'>> {
  const [last] = await db.selectFrom('receipts').selectAll().orderBy('sequence', 'desc').limit(1).execute();
  if (last === undefined) return { sequence: 0, previous: null };
  const { sequence, digest } = parsed(last);
  return { sequence: sequence + 1, previous: digest };
}

/**
 * Receipts in the order of their chain, each link checked, and the end held against what the runs say.
 * @throws DrylaneError `internal` when one was changed or taken away from outside.
 */
export async function readReceipts(
  db: Kysely<Tables>,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly SignedReceipt[]> {
  const start = Math.max(0, from);
  const length = Math.max(0, Math.min(limit, MAX_READ));
  // Asked first: receipts that come between the two only make the second more.
  const issued = await countIssued(db);
  const rows = await db
    .selectFrom('receipts')
    .selectAll()
    .where('sequence', '>=', start - 1)
    .orderBy('sequence')
    .limit(length + (start === 0 ? 0 : 1))
    .execute();
  const receipts = rows.map((row) => parsed(row));
  const before = start === 0 ? undefined : receipts.shift();
  if (start > 0 && start <= issued && before?.sequence !== start - 1) throw altered(`receipt ${start - 1}`);
  verifyLinks(before, receipts, start);
  if (receipts.length < length && start + receipts.length < issued)
    throw altered(`receipt ${start + receipts.length}`);
  return receipts.map(({ signed }) => signed);
}

async function countIssued(db: Kysely<Tables>): Promise<number> {
  const query = db.selectFrom('runs').where('receipt_digest', 'is not', null);
  const { issued } = await query.select(db.fn.countAll().as('issued')).executeTakeFirstOrThrow();
  return Number(issued);
}

function verifyLinks(
  before: PlacedReceipt | undefined,
  receipts: readonly PlacedReceipt[],
  start: number,
): void {
  let last = before;
  for (const [index, receipt] of receipts.entries()) {
    const isNext = receipt.sequence === start + index && receipt.previous === (last?.digest ?? null);
    if (!isNext) throw altered(`receipt ${start + index}`);
    last = receipt;
  }
}

function parsed(row: { readonly sequence: number }): PlacedReceipt {
  try {
    return parseReceipt(row);
  } catch (cause) {
    throw altered(`receipt ${row.sequence}`, cause);
  }
}
