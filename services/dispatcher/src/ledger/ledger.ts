import type { Approval } from '@drylane/proto/approval';
import type { Digest } from '@drylane/proto/digest';
import type { RunId } from '@drylane/proto/ids';
import type { RunState } from '@drylane/proto/lifecycle';
import type { SignedReceipt } from '@drylane/proto/receipt';
import type { ChainedEvent } from './chain.ts';
import type { LedgerEvent, Run } from './event.ts';

/** The record of every run and the only place where a run's state changes. Times are milliseconds since 1970. */
export interface Ledger {
  /**
   * Adds events to a run, all or none of them, and answers where it stands then. The first is `submitted`. With
   * `issue` the run has ended by then and gets its receipt, in the same transaction; `receipted` is never handed in.
   * @throws DrylaneError `illegal-transition` for what cannot happen to the run now, `not-found` for no such run.
   */
  append(id: RunId, events: readonly LedgerEvent[], nowMs: number, issue?: Issue): Promise<Run>;
  /**
   * A run with its events in order, their chain of digests checked.
   * @throws DrylaneError `not-found`, or `internal` when the record was changed from outside.
   */
  readRun(id: RunId): Promise<RunRecord>;
  /**
   * Adds a new run. Where its key was seen before, nothing is added, and the answer is the run that it was seen with.
   * @throws DrylaneError as {@link append}.
   */
  submit(submission: NewRun): Promise<Run | Earlier>;
  /** Runs, the newest first; those older than `before`, those of one `task`, state, or of some tenants. At most 1000. */
  listRuns(query: ListQuery): Promise<readonly Run[]>;
  /**
   * How many runs of each tenant are in a state, counted no further than `most`. Those of one machine, which have no tenant,
   * are not counted.
   */
  countByTenant(state: RunState, most?: number): Promise<ReadonlyMap<string, number>>;
  /** Runs of tenants in a state, the oldest first. At most 1000. */
  oldest(query: OldestQuery): Promise<readonly Run[]>;
  /** Runs that some process works on, or worked on when it died; their `owner` tells which. Oldest first. */
  unsettled(): Promise<readonly Run[]>;
  /** Runs that wait for somebody, and to which nothing has happened since before that time. Oldest first, at most 1000. */
  expiring(beforeMs: number): Promise<readonly Run[]>;
  /**
   * Receipts in the order of their chain, from sequence `from` on (0 is the first), at most 1000; their links checked.
   * @throws DrylaneError `internal` when one was changed or taken away from outside.
   */
  receipts(query: ReceiptQuery): Promise<readonly SignedReceipt[]>;
  /** The receipt of a run; undefined where it has none. @throws DrylaneError as {@link readRun}. */
  receiptOf(id: RunId): Promise<SignedReceipt | undefined>;
  /**
   * Approvals that were given under a key to runs of one tenant (null: of one machine), have not expired, and are of runs
   * whose chains hold. None that is older than a rejection under the same key, and none of a run that was rejected
   * afterwards. What another tenant's people said is nothing to this one.
   */
  sticky(key: Digest, tenant: string | null, nowMs: number): Promise<readonly Approval[]>;
  close(): Promise<void>;
}

/** Makes the receipt for a place in the chain. It may be asked again for another place, when one was taken meanwhile. */
export type Issue = (place: ReceiptPlace) => SignedReceipt;

export interface ReceiptPlace {
  readonly sequence: number;
  /** Of the receipt before; null for the first. */
  readonly previous: Digest | null;
  /** Where the run stands, but for the digest of its receipt. */
  readonly run: Run;
}

export interface RunRecord {
  readonly run: Run;
  readonly events: readonly ChainedEvent[];
}

/** A key under which a submission may come again, and the digest of what was submitted. */
export interface SubmissionKey {
  readonly tenant: string;
  readonly key: string;
  readonly body: Digest;
}

/** A run that was there already under a key; `same` where it was submitted with the same. */
export interface Earlier {
  readonly earlier: RunId;
  readonly same: boolean;
}

/** A run that is submitted: its first events, with its receipt where policy refused it. */
export interface NewRun {
  readonly id: RunId;
  readonly events: readonly LedgerEvent[];
  readonly nowMs: number;
  readonly issue?: Issue;
  readonly key: SubmissionKey | null;
}

export interface ListQuery {
  readonly limit: number;
  readonly before?: RunId;
  readonly task?: string;
  readonly state?: RunState;
  readonly tenants?: readonly string[];
}

export interface ReceiptQuery {
  readonly limit: number;
  readonly from?: number;
}

/** Which runs are asked for. */
export interface OldestQuery {
  /** Null: of all tenants. */
  readonly tenant: string | null;
  readonly state: RunState;
  readonly promote?: boolean;
  /** Only runs after this one. */
  readonly after?: RunId;
  readonly limit: number;
}
