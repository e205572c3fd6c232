import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import type { HttpServer } from '@drylane/dispatcher/http/server';
import type { Hold } from './hold.ts';
import type { Notice } from './notice.ts';
import type { Turning } from './rounds.ts';

/** Whether nothing new is taken any more, and who says so. */
export interface Ending {
  readonly begun: boolean;
  /** Says what command lines find from now on. */
  opened(notice: Notice): void;
  /** Says that nothing new is taken: command lines that come now do the work themselves. */
  begin(): void;
}

export function ending(hold: Pick<Hold, 'announce'>, drain: () => void): Ending {
  let begun = false;
  let said: Notice | undefined;
  return {
    get begun() {
      return begun;
    },
    opened(notice) {
      said = notice;
      hold.announce(notice);
    },
    begin() {
      begun = true;
      drain();
      if (said !== undefined) hold.announce({ ...said, taking: false });
    },
  };
}

/** Between what was finished last and the end of the port: whoever waits for it has to hear of it. */
const LAST_ANSWERS_MS = 400;

interface LaneParts {
  readonly rounds: Turning;
  readonly work: Pick<Part, 'drain'>;
  readonly http: Pick<HttpServer, 'drain'>;
  readonly hold: Pick<Hold, 'withdraw'>;
}

/** The end of a lane, in order: the line, so that nothing begins; what runs; and last those who wait for it. */
export function lanePart({ rounds, work, http, hold }: LaneParts): Part {
  return {
    name: 'lane',
    async drain(signal) {
      await rounds.close();
      await work.drain?.(signal);
      await sleep(LAST_ANSWERS_MS);
      // While it is said, the port is this process's.
      hold.withdraw();
      await http.drain(signal);
    },
  };
}
