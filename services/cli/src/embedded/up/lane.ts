import type { Logger } from '@drylane/chassis/logger/logger';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { prepareRules } from '@drylane/chassis/redact/finder';
import { createRedactor } from '@drylane/chassis/redact/redact';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import type { Work } from '@drylane/chassis/transport/transport';
import { RULE_NAMES } from '@drylane/comparator/compare/rules/table';
import { compareWork } from '@drylane/comparator/work/work';
import type { LoadedPolicy } from '@drylane/dispatcher/admit/load';
import { createBell } from '@drylane/dispatcher/dispatch/bell';
import type { Fleet, FleetLimits } from '@drylane/dispatcher/dispatch/fleet';
import { keeper } from '@drylane/dispatcher/dispatch/keeper';
import { settleWork } from '@drylane/dispatcher/dispatch/settle';
import { type Compared, QUEUES } from '@drylane/proto/task';
import { openDirectory } from '@drylane/worker/lanes/ground';
import { rehearsalWork } from '@drylane/worker/lanes/rehearsal';
import type { LocalDesk } from '../desk.ts';
import type { LastingQuarters } from '../quarters.ts';
import { recoverRuns } from '../recovery.ts';
import { ownEntrance } from './door.ts';
import { landedWork, promotionWork } from './landing.ts';

/** Everything that a lane in one process stands on. */
export interface LaneOf {
  readonly desk: LocalDesk;
  readonly policy: LoadedPolicy;
  readonly quarters: LastingQuarters;
  /** Directories that workspaces may lie in, as real paths: those that count where policy names none. */
  readonly own: readonly string[];
  /** All of them. */
  readonly roots: readonly string[];
  readonly runtime: string | null;
  /** How many rehearsals run at once. */
  readonly concurrency: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly metrics: UpMetrics;
  /** Has the line looked at. */
  readonly nudge: () => void;
}

/** A dispatcher, workers and a comparator, with the queues between them in this process. */
export interface OpenLane {
  readonly fleet: Fleet;
  /** Works on what runs to its end, and begins nothing. */
  readonly part: Part;
}

/** Twice what a command may take at most. */
const GIVEN_UP_MS = 30 * 60_000;
const WAITING = 100_000;
/** Flows that ended are known for a while, so that nothing is tried again and again. */
const KEEP = 2000;
const MANY = { concurrency: 64 } as const;

/** What one process that is all of them counts. */
export type UpMetrics = ReturnType<typeof openMetrics>;

export const openMetrics = () =>
  createMetrics({ stage: ['rehearse', 'compare', 'settle', 'promote'], rule: RULE_NAMES, queue: QUEUES });

/** Opens the lane, and begins to work on its queues. */
export function openLane(on: LaneOf): OpenLane {
  const { desk, policy, log, metrics } = on;
  const transport = inlineTransport({ queues: QUEUES, keep: KEEP });
  // No more under way than run: what waits, waits in the ledger, where no time runs for it.
  const limits: FleetLimits = {
    ...{ window: on.concurrency, waiting: WAITING, waitingOfTenant: WAITING, givenUpMs: GIVEN_UP_MS },
  };
  const fleet: Fleet = {
    ...{ desk, policy, transport, limits, keepPolicy: keeper(desk.blobs, policy.policy) },
    ...{ entrance: ownEntrance(policy, on.own), bell: createBell(), redactor: createRedactor([]) },
    nudge: on.nudge,
    told({ id, state, verdict, risk_level: risk }, lane) {
      metrics.count('drylane_runs_total', { lane, verdict: verdict ?? 'inconclusive', risk: risk ?? 'high' });
      log.about({ run: id, stage: 'settle' }).info('settled', { lane, state });
    },
    stuck: ({ id, state }, fault) =>
      log.about({ run: id }).error('a run cannot be moved on', { state, fault }),
  };
  return { fleet, part: servings(on, fleet) };
}

function servings(on: LaneOf, fleet: Fleet): Part {
  const { desk, quarters, roots, concurrency, runtime, log, metrics } = on;
  const { transport } = fleet;
  const giveUp = new AbortController();
  const rules = prepareRules();
  const rehearse = rehearsalWork({
    ...{ sandbox: quarters.sandbox, blobs: desk.blobs, runtime, metrics, log, rules, secrets: [] },
    ground: (task) =>
      openDirectory({ roots, stateDir: desk.stateDir }, task, 'path' in task.source ? task.source.path : ''),
    giveUp: giveUp.signal,
  });
  const told = (compared: Compared): void => {
    if (!compared.ok) return;
    for (const { rule } of compared.decision.findings)
      metrics.count('drylane_findings_total', { rule: rule as (typeof RULE_NAMES)[number] });
  };
  // In the order in which flows come to them: what one has done, the next has still to hear.
  const inOrder = [
    transport.serve('rehearse', afterRecovery(desk, rehearse), { concurrency }),
    transport.serve('promote', promotionWork(on, fleet), { concurrency: 1 }),
    transport.serve('compare', compareWork(desk.blobs, told), MANY),
    transport.serve('land', landedWork, MANY),
    transport.serve('settle', settleWork(fleet), MANY),
  ];
  return {
    name: 'work',
    async drain(signal) {
      const over = (): void => giveUp.abort(new Error('drylane up ends before the work did'));
      if (signal.aborted) over();
      signal.addEventListener('abort', over, { once: true });
      for (const serving of inOrder) await serving.close();
      signal.removeEventListener('abort', over);
    },
  };
}

/** First, because a workspace that a killed process left half done is not what anybody wants to rehearse on. */
function afterRecovery(desk: LocalDesk, work: Work): Work {
  let recovering: Promise<unknown> | undefined;
  return async (job) => {
    recovering ??= recoverRuns(desk).finally(() => {
      recovering = undefined;
    });
    await recovering;
    return work(job);
  };
}
