import type { FlowJob, FlowJobNode } from 'bullmq';
import type { Before, Flow, Json, Trace } from './transport.ts';

/** What a job of the queue carries. */
export interface Payload {
  readonly data: Json;
  readonly trace: Trace | null;
}

/** What the queue keeps of a step that came to an end. A step that failed is a job that was done: its answer says so. */
export type Outcome = NonNullable<Before>;

/** How much is known of flows that ended. */
export interface Keep {
  /** At most so many for each queue in which flows end. */
  readonly count: number;
  readonly seconds: number;
}

/**
 * A flow as the tree of jobs that the queue takes: the last step is the root, each step the only child of the next. All
 * jobs have the flow's id, and are told apart by their queues. Only the last is kept when it has ended: its being there is
 * what makes a flow known, and an answer is kept with the step that waits for it.
 */
export function treeOf(flow: Flow, keep: Keep): FlowJob {
  const { steps, id: jobId, trace = null } = flow;
  const [first, ...others] = steps.map((step, index): FlowJobNode => {
    const isLast = index === steps.length - 1;
    const data: Payload = { data: step.data, trace };
    return {
      name: nameOf(index, steps.length),
      queueName: step.queue,
      data,
      opts: {
        jobId,
        attempts: step.attempts,
        backoff: { type: 'custom' },
        // Never 0: those would begin last in, first out, when the step before them ends.
        priority: flow.priority + 1,
        stackTraceLimit: 0,
        ignoreDependencyOnFailure: true,
        removeOnComplete: isLast ? { count: keep.count, age: keep.seconds } : true,
        removeOnFail: isLast ? { count: keep.count, age: keep.seconds } : true,
      },
    };
  });
  if (first === undefined) throw new RangeError('a flow has at least one step');
  return others.reduce((child, parent): FlowJobNode => ({ ...parent, children: [child] }), first);
}

const nameOf = (index: number, count: number): string => `${index + 1}/${count}`;

/** What a job's name says of its place in the flow. */
export function placeOf(name: string): { readonly first: boolean; readonly last: boolean } {
  const [at, count] = name.split('/');
  return { first: at === '1', last: at === count };
}

/** What Redis holds of a flow. */
export interface Sight {
  /** The first step, while it has not come to an end. */
  readonly first: { readonly begun: boolean } | null;
  /** The queue of the last step: without it, there is no flow. */
  readonly last: string | null;
  /** When the last step came to an end, in milliseconds since 1970; null while it has not. */
  readonly endedMs: number | null;
}

export const NOTHING: Sight = { first: null, last: null, endedMs: null };

/** What Redis holds of a job that tells of its flow. */
export const SEEN = ['name', 'ats', 'finishedOn'] as const;

/** Adds what a job's fields, those of {@link SEEN}, say to what is known of its flow. */
export function sightOf(
  sight: Sight,
  queue: string | undefined,
  [name, begun, ended]: readonly (string | null)[],
): Sight {
  if (typeof name !== 'string' || queue === undefined) return sight;
  const place = placeOf(name);
  const first = place.first ? { begun: typeof begun === 'string' } : sight.first;
  if (!place.last) return { ...sight, first };
  return { first, last: queue, endedMs: typeof ended === 'string' ? Number(ended) : null };
}

/** Whether a flow has ended longer ago than it is to be known. The queue itself forgets one only when others end. */
export function isForgotten({ endedMs }: Sight, { seconds }: Keep, nowMs: number): boolean {
  return endedMs !== null && nowMs - endedMs > seconds * 1000;
}
