import type { Logger } from '@drylane/chassis/logger/logger';
import { expireRuns } from '@drylane/dispatcher/desk/expiry';
import type { Fleet } from '@drylane/dispatcher/dispatch/fleet';
import { gauge } from '@drylane/dispatcher/dispatch/gauges';
import { advanceLine, reconcile } from '@drylane/dispatcher/dispatch/line';
import { createRoom } from '@drylane/dispatcher/dispatch/room';
import { type Rounds, rounds } from '@drylane/dispatcher/dispatch/rounds';
import { submitDue } from '@drylane/dispatcher/schedule/due';
import type { Schedules } from '@drylane/dispatcher/schedule/schedules';
import type { UpMetrics } from './lane.ts';

/** How often each is done, in milliseconds, where nobody asks for it sooner. */
const EVERY = { line: 1_000, reconcile: 5_000, expire: 30_000, schedules: 1_000, gauges: 5_000 };

/** The rounds of a dispatcher: what moves runs on that nobody waits for. */
export interface Turning {
  nudge(): void;
  begin(fleet: Fleet, metrics: UpMetrics, schedules: Schedules): void;
  /** Ends after the rounds that are under way. */
  close(): Promise<void>;
}

export function turning(log: Logger): Turning {
  const all: Rounds[] = [];
  let line: Rounds | undefined;
  const round = (name: keyof typeof EVERY, work: () => Promise<void>): Rounds => {
    const failed = (fault: unknown): void => log.warn('a round of work failed', { round: name, fault });
    const made = rounds(EVERY[name], work, failed);
    all.push(made);
    return made;
  };
  return {
    nudge: () => line?.nudge(),
    begin(fleet, metrics, schedules) {
      line = round('line', () => advanceLine(fleet));
      round('reconcile', () => reconcile(fleet, Date.now()));
      round('expire', () => expireRuns(fleet.desk, Date.now()));
      round('gauges', () => gauge(fleet, metrics, Date.now()));
      const due = {
        ...{ schedules, retryAfter: createRoom(fleet) },
        // Whoever made a schedule here is the one user that there is.
        maySubmit: async () => true,
        failed: ({ id }: { readonly id: string }, fault: unknown) =>
          log.error('a schedule could not be submitted', { schedule: id, fault }),
      };
      round('schedules', () => submitDue(fleet, due, Date.now()));
    },
    close: async () => void (await Promise.all(all.map((one) => one.close()))),
  };
}
