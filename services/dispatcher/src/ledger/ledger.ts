import type { RunId } from '@drylane/proto/ids';
import type { ChainedEvent } from './chain.ts';
import type { LedgerEvent, Run } from './event.ts';

/** The record of every run and the only place where a run's state changes. Times are milliseconds since 1970. */
export interface Ledger {
  /**
   * Adds events to a run, all or none of them, and answers where it stands then. The first is `submitted`.
   * @throws DrylaneError `illegal-transition` for what cannot happen to the run now, `not-found` for no such run.
   */
  append(id: RunId, events: readonly LedgerEvent[], nowMs: number): Promise<Run>;
  /**
   * A run with its events in order, their chain of digests checked.
   * @throws DrylaneError `not-found`, or `internal` when the record was changed from outside.
   */
  readRun(id: RunId): Promise<RunRecord>;
  /** Runs, the newest first; those older than `before`, those of one `task`. At most 1000. */
  listRuns(query: RunQuery): Promise<readonly Run[]>;
  /** Runs that some process works on, or worked on when it died; their `owner` tells which. Oldest first. */
  unsettled(): Promise<readonly Run[]>;
  close(): Promise<void>;
}

export interface RunRecord {
  readonly run: Run;
  readonly events: readonly ChainedEvent[];
}

export interface RunQuery {
  readonly limit: number;
  readonly before?: RunId;
  readonly task?: string;
}
