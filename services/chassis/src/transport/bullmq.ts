import { DrylaneError } from '@drylane/proto/errors';
import { FlowProducer } from 'bullmq';
import type { Redis } from 'ioredis';
import { askingConnection, type Trouble, unavailable, untilReady } from './connection.ts';
import { checkFlow, checkNames, checkQueue, closedError } from './flow.ts';
import { isForgotten, type Keep, NOTHING, SEEN, type Sight, sightOf, treeOf } from './jobs.ts';
import { serveQueue } from './serving.ts';
import type { Flow, Serving, Transport, Work } from './transport.ts';

/** How queues in Redis are reached. */
export interface BullSettings {
  /** `redis://…`, `rediss://…`, or the path of a unix socket. */
  readonly url: string;
  /** Before all names in Redis. */
  readonly prefix: string;
  /** All queues there are: flows are looked for in them. */
  readonly queues: readonly string[];
  readonly keep: Keep;
  /** How long an operation waits for Redis. */
  readonly patienceMs: number;
  /**
   * How long a worker that says nothing keeps what it works on. Shorter: the work of one that died is sooner taken over.
   * Longer: Redis may be away longer before sound work counts as lost.
   */
  readonly lockMs: number;
  readonly trouble: Trouble;
}

// Nobody reads what the queue tells of itself.
const EVENTS = 100;

/** A transport between processes, over Redis. Redis must keep what it says it keeps, and never evict. */
export function bullTransport(settings: BullSettings): Transport {
  checkNames(settings.queues);
  return new BullTransport(settings);
}

class BullTransport implements Transport {
  readonly #settings: BullSettings;
  readonly #client: Redis;
  readonly #producer: FlowProducer;
  readonly #servings = new Set<Serving>();
  #turn: Promise<unknown> = Promise.resolve();
  #arriving: Promise<void> | null = null;
  #closed = false;

  constructor(settings: BullSettings) {
    const { url, prefix, patienceMs, trouble } = settings;
    this.#settings = settings;
    this.#client = askingConnection(url, patienceMs, trouble);
    const ready = { skipWaitingForReady: true, skipVersionCheck: true };
    this.#producer = new FlowProducer({ connection: this.#client, prefix, ...ready });
    this.#producer.on('error', trouble);
    this.#client.on('ready', () => void this.#boundEvents().catch(trouble));
  }

  async submit(flow: Flow): Promise<void> {
    const { queues, keep } = this.#settings;
    checkFlow(flow, queues);
    const tree = treeOf(flow, keep);
    await this.#alone(async () => {
      const sight = await this.#watch(flow.id);
      if (sight.last !== null) {
        if (!this.#isForgotten(sight) || !(await this.#remove(flow.id, sight.last))) return;
        if ((await this.#watch(flow.id)).last !== null) return;
      }
      try {
        await this.#producer.add(tree);
      } catch (error) {
        // So it ends, too, when somebody else was faster: then the keys that we watch have changed, and nothing is added.
        if ((await this.#watch(flow.id)).last === null) throw error;
      }
    });
  }

  serve(queue: string, work: Work, { concurrency }: { readonly concurrency: number }): Serving {
    checkQueue(queue, this.#settings.queues);
    if (this.#closed) throw closedError();
    const serving = serveQueue({ ...this.#settings, queue, work, concurrency });
    this.#servings.add(serving);
    return serving;
  }

  async depth(queue: string): Promise<number> {
    checkQueue(queue, this.#settings.queues);
    const key = (kind: string) => this.#key(queue, kind);
    return this.#ask(async () => {
      const counts = await Promise.all([
        this.#client.llen(key('wait')),
        this.#client.zcard(key('prioritized')),
        this.#client.zcard(key('delayed')),
      ]);
      return counts.reduce((sum, count) => sum + count, 0);
    });
  }

  async cancel(id: string): Promise<boolean> {
    return this.#alone(async () => {
      for (;;) {
        const { first, last } = await this.#watch(id);
        if (last === null || first === null || first.begun) return false;
        if (await this.#remove(id, last)) return true;
      }
    });
  }

  async has(id: string): Promise<boolean> {
    return this.#alone(async () => {
      const sight = await this.#watch(id);
      return sight.last !== null && !this.#isForgotten(sight);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#servings].map((serving) => serving.close()));
    await this.#producer.close();
    this.#client.disconnect();
  }

  #key(queue: string, kind: string): string {
    return `${this.#settings.prefix}:${queue}:${kind}`;
  }

  /**
   * Looks at a flow, and has Redis refuse the next transaction of this connection if anything of the flow changes before.
   * The answer and the transaction must follow one another without a pause: a new connection watches nothing.
   */
  async #watch(id: string): Promise<Sight> {
    const { queues } = this.#settings;
    const keys = queues.map((queue) => this.#key(queue, id));
    const [, , ...rows] = await Promise.all([
      this.#client.unwatch(),
      this.#client.watch(keys),
      ...keys.map((key) => this.#client.hmget(key, ...SEEN)),
    ]);
    return rows.reduce<Sight>((sight, row, i) => sightOf(sight, queues[i], row), NOTHING);
  }

  #isForgotten(sight: Sight): boolean {
    return isForgotten(sight, this.#settings.keep, Date.now());
  }

  /** Takes a flow's jobs out, in a transaction; false where what is watched has changed. */
  async #remove(id: string, last: string): Promise<boolean> {
    const backend = this.#producer.getBackend();
    const transaction = (await backend.client).multi();
    const keys = [this.#key(last, id), this.#key(last, 'repeat')];
    backend.execCommand(transaction, 'removeJob', [...keys, id, 1, this.#key(last, '')]);
    const [removed] = (await transaction.exec()) ?? [];
    if (removed?.[0]) throw removed[0];
    return removed?.[1] === 1;
  }

  /** Keeps the queues' streams of events, which would hold 10,000 each, short. */
  async #boundEvents(): Promise<void> {
    const metas = this.#settings.queues.map((queue) => this.#key(queue, 'meta'));
    await Promise.all(metas.map((meta) => this.#client.hset(meta, 'opts.maxLenEvents', EVENTS)));
  }

  /** Asks Redis something while nobody else does: what a connection watches, it watches for all its transactions. */
  #alone<T>(question: () => Promise<T>): Promise<T> {
    return this.#ask(async () => {
      const turn = this.#turn.then(() => {
        if (this.#client.status !== 'ready') throw new Error('the connection was lost');
        return question();
      });
      this.#turn = turn.catch(() => {});
      return turn;
    });
  }

  /** However many ask, one waits. */
  #untilReady(): Promise<void> {
    this.#arriving ??= untilReady(this.#client, this.#settings.patienceMs).finally(() => {
      this.#arriving = null;
    });
    return this.#arriving;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#closed) throw closedError();
    try {
      await this.#untilReady();
      return await question();
    } catch (error) {
      throw error instanceof DrylaneError ? error : unavailable(error);
    }
  }
}
