import type { BullSettings } from './bullmq.ts';
import type { RedisServer } from './redis.fixture.ts';
import type { Flow, Json, Serving, Transport, Work } from './transport.ts';

export const QUEUES = ['first', 'second', 'third'];

/** How many flows that ended are still known, in tests. */
export const KEEP = 20;

/** How tests reach the queues of a server. */
export function bullSettings(server: RedisServer): BullSettings {
  return {
    url: server.url,
    prefix: 'test',
    queues: QUEUES,
    keep: { count: KEEP, seconds: 3600 },
    patienceMs: 5_000,
    lockMs: 30_000,
    trouble: () => {},
  };
}

/** A flow through all queues, which carries its id. */
export function flowOf(id: string, rest: Partial<Flow> = {}): Flow {
  const steps = QUEUES.map((queue) => ({ queue, data: id, attempts: 1 }));
  return { id, steps, priority: 0, ...rest };
}

/** A flow of one step, in the first queue. */
export function single(id: string, rest: Partial<Flow> = {}, attempts = 1): Flow {
  return flowOf(id, { steps: [{ queue: 'first', data: id, attempts }], ...rest });
}

/** What happens in tests, in order, and a way to wait for it. */
export class Heard {
  readonly all: Json[] = [];
  #wake: () => void = () => {};

  tell(fact: Json): void {
    this.all.push(fact);
    this.#wake();
  }

  /** Waits until so many facts were told; the test's own limit ends it. */
  async until(count: number): Promise<readonly Json[]> {
    while (this.all.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return [...this.all];
  }
}

/** Serves all queues with the same work. */
export function serveAll(transport: Transport, work: Work, concurrency = 1): readonly Serving[] {
  return QUEUES.map((queue) => transport.serve(queue, work, { concurrency }));
}
