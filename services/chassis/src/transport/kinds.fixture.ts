import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { bullTransport } from './bullmq.ts';
import { bullSettings, Heard, KEEP, QUEUES } from './flows.fixture.ts';
import { inlineTransport } from './inline.ts';
import { startRedis } from './redis.fixture.ts';
import type { Job, Json, Transport } from './transport.ts';

/** A kind of transport: each time it is opened, it has queues of its own. */
interface Kind {
  open(): Transport;
  stop(): Promise<void>;
}

const KINDS: readonly (readonly [string, () => Promise<Kind>])[] = [
  ['a process', inlineKind],
  ['Redis', bullKind],
];

async function inlineKind(): Promise<Kind> {
  return { open: () => inlineTransport({ queues: QUEUES, keep: KEEP }), stop: async () => {} };
}

async function bullKind(): Promise<Kind> {
  const server = await startRedis();
  let opened = 0;
  return {
    open() {
      opened += 1;
      return bullTransport({ ...bullSettings(server), prefix: `test${opened}` });
    },
    stop: () => server.stop(),
  };
}

/** A transport with empty queues, and what is heard of them. */
export interface Bench {
  readonly transport: Transport;
  readonly heard: Heard;
  /** Tells all of a job, and answers with its data. */
  tellJob(job: Job): Promise<Json>;
  /** Tells whose job it is. */
  tellFlow(job: Job): Promise<Json>;
}

/** Runs the same tests with every kind of transport, a new one for each test. */
export function describeKinds(what: string, tests: (bench: Bench) => void): void {
  describe.each(KINDS)(`${what} in %s`, (_, start) => {
    let kind: Kind;
    let transport: Transport;
    let heard: Heard;
    beforeAll(async () => {
      kind = await start();
    }, 90_000);
    afterAll(() => kind?.stop());
    beforeEach(() => {
      transport = kind.open();
      heard = new Heard();
    });
    afterEach(() => transport[Symbol.asyncDispose]());
    tests({
      get transport() {
        return transport;
      },
      get heard() {
        return heard;
      },
      async tellJob({ flow, data, before, attempt, trace }) {
        heard.tell({ flow, data, before, attempt, trace });
        return { answered: data };
      },
      async tellFlow({ flow }) {
        heard.tell(flow);
        return null;
      },
    });
  });
}
