import type { Redactor } from '@drylane/chassis/redact/redact';
import type { Transport } from '@drylane/chassis/transport/transport';
import type { Lane } from '@drylane/proto/approval';
import type { LoadedPolicy } from '../admit/load.ts';
import type { Desk } from '../desk/desk.ts';
import type { Run } from '../ledger/event.ts';
import type { Bell } from './bell.ts';
import type { Entrance } from './entrance.ts';
import type { Keeper } from './keeper.ts';

/** How much a fleet takes in, and how much of it is under way at once. */
export interface FleetLimits {
  /** Runs under way at once. Everything else waits in the ledger, so that queues stay small. */
  readonly window: number;
  /** Runs that may wait: of one tenant, and of all. */
  readonly waitingOfTenant: number;
  readonly waiting: number;
  /** How long a run may be under way before it is given up, in milliseconds. */
  readonly givenUpMs: number;
}

/** What the dispatcher works with. */
export interface Fleet {
  readonly desk: Desk;
  readonly policy: LoadedPolicy;
  readonly entrance: Entrance;
  /** Sees to it that the policy is kept, for those who look at a run later. */
  readonly keepPolicy: Keeper;
  readonly transport: Transport;
  readonly limits: FleetLimits;
  /** Knows what secrets look like, and none: it tells strangers what it found. */
  readonly redactor: Redactor;
  /** For those in this process who follow a run. */
  readonly bell: Bell;
  /** Has the line looked at soon: something in it has changed. */
  nudge(): void;
  /** Hears of a run that was settled: where it stands, and in which lane. Of each run and lane, once. */
  told(run: Run, lane: Lane): void;
  /** Hears of a run that could not be moved on now, and why; it is tried again. */
  stuck(run: Run, fault: unknown): void;
}
