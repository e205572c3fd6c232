import type { Digest } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { milliseconds } from '@drylane/proto/quantities';
import type { Desk } from './desk.ts';
import { openDossier } from './dossier.ts';
import { end, expire, NOTHING_KNOWN } from './ending.ts';
import { recall } from './record.ts';

/** Ends the runs that have waited longer than the policy that they were decided under lets them. */
export async function expireRuns(desk: Desk, nowMs: number): Promise<void> {
  const waits = new Map<Digest, number>();
  for (const run of await desk.ledger.expiring(nowMs)) {
    const digest = run.policy_digest;
    const waitMs = waits.get(digest) ?? (await waitOf(desk, digest));
    waits.set(digest, waitMs);
    if (nowMs < run.updated_ms + waitMs) continue;
    const id = RunId.parse(run.id);
    // Another process may be letting it land at this moment; the transition table lets only one.
    await (run.state === 'awaiting-rehearsal-approval'
      ? end(desk, id, [{ type: 'moved', to: 'expired', reason: 'nobody agreed in time' }], NOTHING_KNOWN)
      : openDossier(desk, id).then((dossier) => expire(desk, dossier))
    ).catch(() => undefined);
  }
}

async function waitOf({ blobs }: Desk, policy: Digest): Promise<number> {
  return milliseconds((await recall(blobs, 'policy', policy)).approvals.live.expires);
}
