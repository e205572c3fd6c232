import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import { digestOfJson } from '@drylane/proto/digest';
import { QUEUES } from '@drylane/proto/task';
import { createBell } from '../dispatch/bell.ts';
import { entranceFromAfar } from '../dispatch/entrance.ts';
import type { Fleet, FleetLimits } from '../dispatch/fleet.ts';
import { keeper } from '../dispatch/keeper.ts';
import { advanceLine } from '../dispatch/line.ts';
import { type Rounds, rounds } from '../dispatch/rounds.ts';
import { settleWork } from '../dispatch/settle.ts';
import type { Database } from '../ledger/database.ts';
import { storedLedger } from '../ledger/store.ts';
import { SIGNER } from '../receipt/receipt.fixture.ts';
import { storedSchedules } from '../schedule/schedules.ts';
import { fleetService } from '../service/service.ts';
import { compareWork, POLICY, rehearseWork } from './rehearsal.fixture.ts';
import type { Service } from './service.ts';

/** A dispatcher's own parts, and queues in this process in which every rehearsal ends alike. */
export interface Lane extends AsyncDisposable {
  readonly service: Service;
  /** Waits until a rehearsal has ended, and its run has moved on. */
  rehearsed(id: string): Promise<void>;
  /** Lets rehearsals end that are held. */
  letGo(): void;
}

export interface LaneOptions {
  readonly limits?: Partial<FleetLimits>;
  /** Whether rehearsals do not end before they are let go. */
  readonly held?: boolean;
}

const LIMITS: FleetLimits = { window: 64, waitingOfTenant: 1000, waiting: 1000, givenUpMs: 60_000 };
const EVERY_MS = 1_000;

export function openLane(
  database: Database,
  blobs: Blobs,
  { limits = {}, held = false }: LaneOptions = {},
): Lane {
  const transport = inlineTransport({ queues: QUEUES, keep: 1000 });
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const endOf = (id: string): PromiseWithResolvers<void> => {
    const end = ends.get(id) ?? Promise.withResolvers<void>();
    ends.set(id, end);
    return end;
  };
  const faults: unknown[] = [];
  let line: Rounds | undefined;
  const fleet: Fleet = {
    desk: {
      ...{ ledger: storedLedger(database.db, database.retry), blobs, signer: async () => SIGNER },
      proven: async (approvals) => approvals.filter(({ approver }) => approver.proof === 'token'),
    },
    policy: { policy: POLICY, digest: digestOfJson(POLICY), rules: [], tests: [], shipped: false },
    ...{
      transport,
      limits: { ...LIMITS, ...limits },
      bell: createBell(),
      entrance: entranceFromAfar(POLICY),
    },
    ...{ redactor: createRedactor([]), keepPolicy: keeper(blobs, POLICY) },
    nudge: () => line?.nudge(),
    told: ({ id }, lane) => void (lane === 'rehearsal' && endOf(id).resolve()),
    stuck: (_, fault) => void faults.push(fault),
  };
  const gate = Promise.withResolvers<void>();
  if (!held) gate.resolve();
  const [rehearse, compare] = [rehearseWork(blobs), compareWork(blobs)];
  const many = { concurrency: 64 };
  transport.serve('rehearse', (job) => gate.promise.then(() => rehearse(job)), many);
  transport.serve('compare', compare, many);
  transport.serve('settle', settleWork(fleet), many);
  line = rounds(
    EVERY_MS,
    () => advanceLine(fleet),
    (fault) => void faults.push(fault),
  );
  return {
    service: fleetService(fleet, storedSchedules(database)),
    rehearsed: (id) => endOf(id).promise,
    letGo: gate.resolve,
    async [Symbol.asyncDispose]() {
      await line?.close();
      gate.resolve();
      await transport[Symbol.asyncDispose]();
      if (faults.length > 0) throw new AggregateError(faults, 'the line of runs failed');
    },
  };
}
