import { type Digest, digestOfJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { advance } from './advance.ts';
import type { LedgerEvent, Run } from './event.ts';
import type { History } from './order.ts';

/** An event in its place: its digest covers the one before it, so that none can be changed, moved or left out. */
export interface ChainedEvent {
  readonly sequence: number;
  readonly time_ms: number;
  readonly event: LedgerEvent;
  readonly digest: Digest;
}

/** The end of a run's chain; undefined for a run that has no event yet. */
export type Head = Pick<ChainedEvent, 'sequence' | 'digest'> | undefined;

/** Puts the next event on the end of a run's chain. */
export function chain(id: RunId, head: Head, event: LedgerEvent, timeMs: number): ChainedEvent {
  const sequence = head ? head.sequence + 1 : 0;
  const previous = head?.digest ?? null;
  return {
    sequence,
    time_ms: timeMs,
    event,
    digest: digestOfJson({ id, sequence, time_ms: timeMs, event, previous }),
  };
}

/** Puts events on the end of a run's chain, in order. */
export function chainAll(
  id: RunId,
  head: Head,
  events: readonly LedgerEvent[],
  timeMs: number,
): readonly ChainedEvent[] {
  const added: ChainedEvent[] = [];
  for (const event of events) added.push(chain(id, added.at(-1) ?? head, event, timeMs));
  return added;
}

/**
 * Checks that events are a run's whole history: each digest, the head that the run's row names, and that they
 * fold to that row. Answers what they add up to.
 * @throws DrylaneError `internal` where they are not.
 */
export function verifyChain(run: Run, head: Head, events: readonly ChainedEvent[]): History {
  let last: Head;
  let folded: History | undefined;
  for (const { sequence, time_ms, event, digest } of events) {
    const expected = chain(run.id, last, event, time_ms);
    if (sequence !== expected.sequence || digest !== expected.digest) throw altered(run.id);
    folded = advance(folded, run.id, event, time_ms);
    last = expected;
  }
  if (last?.digest !== head?.digest || last?.sequence !== head?.sequence) throw altered(run.id);
  if (folded === undefined || digestOfJson(folded.run) !== digestOfJson(run)) throw altered(run.id);
  return folded;
}

/** The error for a record that is not what this ledger wrote. */
export function altered(field: string, cause?: unknown): DrylaneError {
  return new DrylaneError(
    'internal',
    {
      field,
      message: 'its record was changed outside of drylane',
      mend: 'do not rely on this run: rehearse again, and check who can write to the ledger',
    },
    { cause },
  );
}
