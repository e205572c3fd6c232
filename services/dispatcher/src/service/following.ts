import type { RunId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import type { Bell } from '../dispatch/bell.ts';
import type { EventsQuery } from '../http/service.ts';
import type { ChainedEvent } from '../ledger/chain.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** How often the ledger is asked for what is new, in milliseconds, where nobody tells; less often while nothing is. */
const SOONEST_MS = 100;
const LATEST_MS = 2_000;

/** The events of a run, and those that come, until it has ended with its receipt. */
export async function* followRun(
  { ledger, bell }: { readonly ledger: Pick<Ledger, 'readRun'>; readonly bell: Bell },
  id: RunId,
  { after, follow, signal }: EventsQuery,
): AsyncGenerator<ChainedEvent> {
  using ear = bell.listen(id);
  let last = after;
  let pauseMs = SOONEST_MS;
  while (!signal.aborted) {
    const { run, events } = await ledger.readRun(id);
    const fresh = events.filter(({ sequence }) => sequence > last);
    for (const event of fresh) {
      last = event.sequence;
      yield event;
    }
    if (!follow || (isEnd(run.state) && run.receipt_digest !== null)) return;
    pauseMs = fresh.length > 0 ? SOONEST_MS : Math.min(LATEST_MS, pauseMs * 1.5);
    await ear.heard(pauseMs, signal);
  }
}
