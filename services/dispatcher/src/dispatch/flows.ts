import type { Flow, Trace } from '@drylane/chassis/transport/transport';
import type { Digest } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import type { Job, Queue } from '@drylane/proto/task';
import type { Run } from '../ledger/event.ts';
import type { Landable } from './landing.ts';

/** Whoever died over a rehearsal may have died of it; the second who does is the last. */
const REHEARSALS = 2;
/** What only reads and answers may be done again. */
const AGAIN = 5;
/** With the pauses between, a quarter of an hour: what was answered must outlast a ledger that is away. */
const SETTLINGS = 100;

/** The flow of a run's rehearsal. The higher the rank, the later: a tenant's second run waits for everyone's first. */
export function rehearsalFlow(run: Run, task: Digest, rank: number, trace: Trace): Flow {
  const data: Job = { run: RunId.parse(run.id), lane: 'rehearsal', task };
  return {
    id: run.id,
    steps: [
      step('rehearse', data, REHEARSALS),
      step('compare', data, AGAIN),
      step('settle', data, SETTLINGS),
    ],
    priority: priorityOf(rank),
    trace,
  };
}

/**
 * The flow of a run that is to land. What a command changes that runs again lands only once a comparator has weighed it. It has the time of the run's last change in its id, so that
 * a run that was given back can be tried again, and none is tried twice over.
 */
export function promotionFlow(run: Run, { mode, task }: Landable, trace: Trace): Flow {
  const data: Job = { run: RunId.parse(run.id), lane: 'live', task };
  return {
    id: promotionId(run),
    steps: [
      step('promote', data, 1),
      ...(mode === 'rerun' ? [step('compare', data, AGAIN), step('land', data, 1)] : []),
      step('settle', data, SETTLINGS),
    ],
    priority: 0,
    trace,
  };
}

/** What {@link promotionFlow} is known by. */
export const promotionId = ({ id, updated_ms }: Run): string => `${id}.live.${updated_ms}`;

const step = (queue: Queue, data: Job, attempts: number) => ({ queue, data, attempts });

/** 0 is before everything. */
const priorityOf = (rank: number): number => Math.min(1 + rank, 1_000_000);
