import { carried, checkFlow, checkNames, checkQueue, closedError, reasonOf } from './flow.ts';
import type { Before, Flow, Serving, Step, Transport, Work } from './transport.ts';

/** What an inline transport is made for. */
export interface InlineSettings {
  readonly queues: readonly string[];
  /** How many flows that ended are still known. */
  readonly keep: number;
}

/** A step that could begin. */
interface Waiting {
  readonly flow: Flow;
  readonly index: number;
  readonly step: Step;
  readonly before: Before;
  readonly attempt: number;
}

/** One who works on a queue. */
interface Server {
  readonly queue: string;
  readonly work: Work;
  readonly concurrency: number;
  readonly busy: Set<Promise<void>>;
}

/**
 * A transport inside this process, for one machine: the same flows as between processes, and nothing outlives it. Its
 * workers cannot die, so a step is begun again only when it has thrown.
 */
export function inlineTransport(settings: InlineSettings): Transport {
  checkNames(settings.queues);
  return new InlineTransport(settings);
}

class InlineTransport implements Transport {
  readonly #settings: InlineSettings;
  readonly #waiting: ReadonlyMap<string, Waiting[]>;
  readonly #servers = new Set<Server>();
  readonly #known = new Map<string, 'waiting' | 'begun'>();
  readonly #ended = new Set<string>();
  #closed = false;

  constructor(settings: InlineSettings) {
    this.#settings = settings;
    this.#waiting = new Map(settings.queues.map((queue) => [queue, []]));
  }

  async submit(flow: Flow): Promise<void> {
    checkFlow(flow, this.#settings.queues);
    if (this.#closed) throw closedError();
    if (this.#isKnown(flow.id)) return;
    const steps = flow.steps.map((step) => ({ ...step, data: carried(step.data) }));
    this.#known.set(flow.id, 'waiting');
    this.#offer({ ...flow, steps }, 0, null);
  }

  serve(queue: string, work: Work, { concurrency }: { readonly concurrency: number }): Serving {
    checkQueue(queue, this.#settings.queues);
    if (this.#closed) throw closedError();
    const server: Server = { queue, work, concurrency, busy: new Set() };
    this.#servers.add(server);
    this.#match(queue);
    const close = async () => {
      this.#servers.delete(server);
      await Promise.all(server.busy);
    };
    return { close, [Symbol.asyncDispose]: close };
  }

  async depth(queue: string): Promise<number> {
    checkQueue(queue, this.#settings.queues);
    return this.#queue(queue).length;
  }

  async cancel(id: string): Promise<boolean> {
    if (this.#known.get(id) !== 'waiting') return false;
    this.#known.delete(id);
    for (const queue of this.#waiting.values()) {
      const at = queue.findIndex(({ flow }) => flow.id === id);
      if (at >= 0) queue.splice(at, 1);
    }
    return true;
  }

  async has(id: string): Promise<boolean> {
    return this.#isKnown(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const servers = [...this.#servers];
    this.#servers.clear();
    await Promise.all(servers.flatMap(({ busy }) => [...busy]));
  }

  #isKnown(id: string): boolean {
    return this.#known.has(id) || this.#ended.has(id);
  }

  #queue(name: string): Waiting[] {
    return this.#waiting.get(name) ?? [];
  }

  /** Lets a step wait behind everything that is as urgent; the flow ends where there is none. */
  #offer(flow: Flow, index: number, before: Before, attempt = 1): void {
    const step = flow.steps[index];
    if (step === undefined) {
      this.#end(flow.id);
      return;
    }
    const queue = this.#queue(step.queue);
    const behind = queue.findLastIndex((other) => other.flow.priority <= flow.priority);
    queue.splice(behind + 1, 0, { flow, index, step, before, attempt });
    this.#match(step.queue);
  }

  /** Gives waiting steps to whoever has a hand free. */
  #match(name: string): void {
    const queue = this.#queue(name);
    for (const server of this.#servers) {
      while (server.queue === name && server.busy.size < server.concurrency) {
        const waiting = queue.shift();
        if (waiting === undefined) return;
        this.#known.set(waiting.flow.id, 'begun');
        const run = this.#run(server.work, waiting).then((after) => {
          server.busy.delete(run);
          after();
          this.#match(name);
        });
        server.busy.add(run);
      }
    }
  }

  /** Works on a step and answers what is to be done then, so that the hand is free before. */
  async #run(work: Work, { flow, index, step, before, attempt }: Waiting): Promise<() => void> {
    const { id, trace = null } = flow;
    const { signal } = new AbortController();
    try {
      // After whatever offered the step: nothing begins inside a call of `submit`.
      await null;
      const value = carried(
        await work({ flow: id, data: carried(step.data), before, attempt, trace, signal }),
      );
      return () => this.#offer(flow, index + 1, { ok: true, value });
    } catch (error) {
      if (attempt < step.attempts) return () => this.#offer(flow, index, before, attempt + 1);
      return () => this.#offer(flow, index + 1, { ok: false, reason: reasonOf(error) });
    }
  }

  #end(id: string): void {
    this.#known.delete(id);
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (oldest !== undefined && this.#ended.size > this.#settings.keep) this.#ended.delete(oldest);
  }
}
