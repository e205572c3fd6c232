import type { StoredBytes } from '@drylane/chassis/blobs/blobs';
import type { Approval, Lane } from '@drylane/proto/approval';
import type { ChangeSet } from '@drylane/proto/change-set';
import type { Digest } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import type { Evidence } from '@drylane/proto/evidence';
import type { RunId } from '@drylane/proto/ids';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Execution } from '@drylane/proto/promotion';
import type { SignedReceipt } from '@drylane/proto/receipt';
import type { Schedule, ScheduleId, ScheduleRequest } from '@drylane/proto/schedule';
import type { Sheet } from '@drylane/proto/sheet';
import type { Claim, Landed } from '@drylane/proto/task';
import type { Told } from '@drylane/proto/told';
import type { Principal } from '../access/access.ts';
import type { LoadedPolicy } from '../admit/load.ts';
import type { ChainedEvent } from '../ledger/chain.ts';
import type { Run } from '../ledger/event.ts';
import type { Classified, ClassifyRequest } from './wire.ts';

export interface SubmitOptions {
  readonly tenant: string;
  /** Whether it may land; else it is only rehearsed, until somebody asks for more. */
  readonly promote: boolean;
}

/** What became of a submission. None of it throws: each is an answer of its own. */
export type Submission =
  /** `isNew` is false where the idempotency key was seen in this tenant with the same envelope: then it is that run. */
  | { readonly outcome: 'taken'; readonly run: Run; readonly isNew: boolean }
  /** The idempotency key was seen in this tenant with something else. */
  | { readonly outcome: 'other-body'; readonly run: RunId }
  /** As many runs wait as may wait, of this tenant or of all. */
  | { readonly outcome: 'full'; readonly retryAfterS: number };

/** What became of a person's word. */
export type Hearing =
  | { readonly outcome: 'heard'; readonly state: RunState; readonly missing: number }
  /** What they were shown is not what the run stands for now, and nothing was kept. */
  | { readonly outcome: 'changed'; readonly bound: Digest };

export interface Word {
  readonly lane: Lane;
  readonly decision: 'approve' | 'reject';
  readonly comment: string | null;
  /** The digest that stood in the sheet that the person was shown. */
  readonly bound: Digest;
}

/** What people have said of a run, and what it still waits for in a lane. */
export interface Words {
  readonly approvals: readonly Approval[];
  readonly missing: number;
}

/** What a run changed in one path, scrubbed. `cut`: there is more that was not kept. */
export interface Patch {
  readonly path: string;
  readonly text: string;
  readonly cut: boolean;
}

/** Bytes of a known length, which are checked against their digest on their way: a fault ends them early. */
export interface Content {
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Tenants whose things are asked for; never an empty list. */
export type Tenants = readonly string[] | 'all';

export interface ScheduleQuery {
  readonly tenants: Tenants;
  readonly limit: number;
  readonly after?: ScheduleId;
}

export interface ListQuery {
  readonly tenants: Tenants;
  readonly limit: number;
  readonly before?: RunId;
  readonly task?: string;
  readonly state?: RunState;
}

export interface EventsQuery {
  /** Only events with a higher sequence; -1 for all. */
  readonly after: number;
  /** False: those that there are. True: those that come, too, until the run has ended with its receipt. */
  readonly follow: boolean;
  /** Ends the iteration without a fault, between two events. */
  readonly signal: AbortSignal;
}

/**
 * What the dispatcher does for whoever asks over HTTP. Every method throws DrylaneError only: `not-found` for what is not
 * there, `illegal-transition`, `not-promotable` or `approval-needed` for what cannot be done now, `unavailable` when the
 * ledger, the queues or the blobs cannot be reached.
 *
 * Access is decided by the caller of this port, once, on what {@link Service.find} and {@link Service.schedule} answer,
 * before anything else is asked for under the same id.
 */
export interface Service {
  /**
   * Takes an envelope in. One that policy refuses is a run as well: it is answered in state `refused` with the reason, and
   * leaves a receipt. Queues that cannot be reached are no fault: the run is in the ledger, and is queued later.
   */
  submit(who: Principal, envelope: Envelope, how: SubmitOptions): Promise<Submission>;
  /** Where a run stands, and whose it is: its tenant, its submitter, and the principal who claimed it. */
  find(id: RunId): Promise<Run>;
  /** Newest first. A page may be shorter than `limit` only where nothing follows it. */
  list(query: ListQuery): Promise<readonly Run[]>;
  /** The events of a run in their order, each once. */
  events(id: RunId, query: EventsQuery): AsyncIterable<ChainedEvent>;
  /** What `drylane execute --json` prints. @throws DrylaneError `not-found` while nothing is decided. */
  report(id: RunId): Promise<Execution>;
  /** @throws DrylaneError `not-found` where none was kept. */
  evidence(id: RunId): Promise<Evidence>;
  /** @throws DrylaneError `not-found` where nothing was rehearsed. */
  patches(id: RunId): Promise<readonly Patch[]>;
  /** All that an approver must be shown, each digest computed anew. @throws DrylaneError `not-found` before there is anything. */
  sheet(id: RunId, lane: Lane): Promise<Sheet>;
  words(id: RunId): Promise<Words>;
  /** Keeps a person's word; the service itself refuses the submitter's, whoever let it through. */
  decide(who: Principal, id: RunId, word: Word): Promise<Hearing>;
  cancel(who: Principal, id: RunId): Promise<Run>;
  /** From now on the run lands once it may; at once where it may now. Asked again, it changes nothing. */
  promote(who: Principal, id: RunId): Promise<Run>;
  /** @throws DrylaneError `not-found` while the run has not ended. */
  receipt(id: RunId): Promise<SignedReceipt>;
  /** @throws DrylaneError `not-found` where nothing changed, or what changed cannot land. */
  changeSet(id: RunId): Promise<ChangeSet>;
  layer(id: RunId): Promise<Content>;
  /** @throws DrylaneError `not-found` where no text was modified. */
  bases(id: RunId): Promise<Content>;
  /** What `git am` takes. @throws DrylaneError `not-found` for a workspace that is no git tree, or where nothing changed. */
  patch(id: RunId): Promise<Content>;
  /** A live worker takes the run, at most one of them ever; asked again by the same owner for the same, it changes nothing. */
  claim(who: Principal, id: RunId, claim: Claim): Promise<Run>;
  /** A live worker says what became of its claim; said again by the same owner, it changes nothing. */
  settle(who: Principal, id: RunId, landed: Landed): Promise<Run>;
  /** The same for whoever has the files of a snapshot or a git tree. @throws DrylaneError `not-promotable` for any other. */
  take(who: Principal, id: RunId, claim: Claim): Promise<Run>;
  /** Whoever took a run says what became of it; said again, it changes nothing. */
  tell(who: Principal, id: RunId, told: Told): Promise<Run>;
  /** Keeps a tar of a workspace. What the stream throws is thrown, and then nothing is kept. */
  keepWorkspace(who: Principal, tenant: string, tar: AsyncIterable<Uint8Array>): Promise<StoredBytes>;
  policy(): Promise<LoadedPolicy>;
  /** Of a command's text alone: nothing is kept of it, and nobody is told. */
  classify(asked: ClassifyRequest): Classified;
  addSchedule(who: Principal, tenant: string, request: ScheduleRequest): Promise<Schedule>;
  /** Those of tenants, by id, after the one of `after`. */
  schedules(query: ScheduleQuery): Promise<readonly Schedule[]>;
  schedule(id: ScheduleId): Promise<Schedule>;
  removeSchedule(who: Principal, id: ScheduleId): Promise<void>;
}
