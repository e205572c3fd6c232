/** A value that goes from one stage to the next: what JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One piece of work of a flow. */
export interface Step {
  readonly queue: string;
  readonly data: Json;
  /** How often it may be begun, whoever begins it and however it ended; 1 for what must run at most once. */
  readonly attempts: number;
}

/** W3C trace context, as a carrier holds it. */
export type Trace = Readonly<Record<string, string>>;

/** Steps that run one after another, each told what the one before answered. A flow comes to a queue once. */
export interface Flow {
  /** A letter, then letters, digits, `.`, `_` and `-`: the same id is the same flow. */
  readonly id: string;
  /** First to last. */
  readonly steps: readonly Step[];
  /** 0 first. Within a priority, what could begin first begins first. */
  readonly priority: number;
  readonly trace?: Trace;
}

/** What the step before answered, or why it did not; null for the first step. */
export type Before =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly reason: string }
  | null;

/** A step as it is worked on. */
export interface Job {
  readonly flow: string;
  readonly data: Json;
  readonly before: Before;
  /** 1 for the first time that it is begun. */
  readonly attempt: number;
  readonly trace: Trace | null;
  /** Aborts when the answer will not be taken any more: the queue has given the step to somebody else, or up. */
  readonly signal: AbortSignal;
}

/**
 * Works on a step. What it throws is told to the next step in the words of the error, once no attempt is left: whoever
 * works on hostile input catches and scrubs first.
 */
export type Work = (job: Job) => Promise<Json>;

/** Work on a queue, until it is closed: then it takes no more and waits for what it has. */
export interface Serving extends AsyncDisposable {
  close(): Promise<void>;
}

/**
 * Brings flows through queues. A step that fails, or whose workers died as often as it may be begun, does not stop its
 * flow: the next step is told. Every operation but `serve`, which waits for nothing, throws DrylaneError `unavailable`
 * when the queues cannot be reached, and may then have happened: all of them can be asked for again.
 */
export interface Transport extends AsyncDisposable {
  /** Adds a flow, all of it or nothing; one whose id is there already changes nothing. */
  submit(flow: Flow): Promise<void>;
  /** Works on a queue, so many steps at once. Queues that cannot be reached yet are worked on as soon as they can be. */
  serve(queue: string, work: Work, options: { readonly concurrency: number }): Serving;
  /** How many steps of a queue could begin, and have not. */
  depth(queue: string): Promise<number>;
  /** Takes a flow out that has not begun; false where it has, or where there is none. */
  cancel(id: string): Promise<boolean>;
  /** Whether the queues still know a flow: it waits, is worked on, or has ended not long ago. */
  has(id: string): Promise<boolean>;
}
