import type { Approval } from '@drylane/proto/approval';
import type { Digest } from '@drylane/proto/digest';
import type { Kysely } from 'kysely';
import type { RunRecord } from './ledger.ts';
import { readRecord } from './record.ts';
import type { Tables } from './schema.ts';

const MAX_WORDS = 1000;

/** Approvals that were given under a key to runs of a tenant and still count; the newest first. */
export async function readSticky(
  db: Kysely<Tables>,
  key: Digest,
  tenant: string | null,
  nowMs: number,
): Promise<readonly Approval[]> {
  const rows = await db
    .selectFrom('approvals')
    .select('run_id')
    .distinct()
    .where('sticky_key', '=', key)
    .where((is) => is.or([is('expires_ms', '>', nowMs), is('decision', '=', 'reject')]))
    .orderBy('run_id', 'desc')
    .limit(MAX_WORDS)
    .execute();
  // A row alone proves nothing: each word is read again from its run's chain.
  const words: Word[] = [];
  for (const { run_id } of rows) {
    const record = await readRecord(db, run_id);
    if (record.run.tenant === tenant) words.push(...wordsUnder(key, record));
  }
  return countingWords(words, nowMs);
}

/** Somebody's word on a run, and whether that run was rejected. */
export interface Word {
  readonly approval: Approval;
  readonly rejectedRun: boolean;
}

function wordsUnder(key: Digest, { run, events }: RunRecord): readonly Word[] {
  return events.flatMap(({ event }) => {
    const isWord = event.type === 'approved' || event.type === 'rejected';
    if (!isWord || event.sticky_key !== key) return [];
    return [{ approval: event.approval, rejectedRun: run.state === 'rejected' }];
  });
}

/** Approvals that have not expired and that nobody has spoken against since. */
export function countingWords(words: readonly Word[], nowMs: number): readonly Approval[] {
  const rejections = words.filter(({ approval }) => approval.decision === 'reject');
  const rejectedAt = Math.max(-Infinity, ...rejections.map(({ approval }) => approval.time_ms));
  return words
    .filter(({ approval, rejectedRun }) => approval.decision === 'approve' && !rejectedRun)
    .map(({ approval }) => approval)
    .filter(({ time_ms, expires_ms }) => time_ms > rejectedAt && expires_ms > nowMs);
}
