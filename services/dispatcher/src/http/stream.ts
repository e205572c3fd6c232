import { safeJson } from '@drylane/chassis/redact/visible';
import type { ChainedEvent } from '../ledger/chain.ts';

/** How a stream of events is kept alive and ended. Times are milliseconds. */
export interface StreamOptions {
  readonly heartbeatMs: number;
  /** How long it may last. */
  readonly lastsMs: number;
  /** Aborts when the server is told to end. */
  readonly draining: AbortSignal;
}

/** How long a client waits until it comes again, in milliseconds. */
const RETRY_MS = 2000;

type Turn = IteratorResult<ChainedEvent, unknown> | 'quiet' | 'drained' | 'over';

/**
 * Events as server-sent events (html.spec.whatwg.org/#server-sent-events), each named by its type and numbered by its
 * place, with a comment where nothing happens for a while. It ends with the events, with `event: drain` when the server
 * ends, or with nothing when it has lasted long enough: then whoever reads comes again with the last number.
 * Nothing is asked of `events` before what came of them has been taken: a slow reader keeps nothing in memory.
 */
export async function* eventStream(
  events: AsyncIterable<ChainedEvent>,
  { heartbeatMs, lastsMs, draining }: StreamOptions,
): AsyncGenerator<string, void, void> {
  const source = events[Symbol.asyncIterator]();
  using ends = waiter(lastsMs, draining);
  yield `retry: ${RETRY_MS}\n\n`;
  let next = source.next();
  for (;;) {
    const turn = await ends.wait(next, heartbeatMs);
    if (turn === 'quiet') yield ': still here\n\n';
    else if (turn === 'drained') return yield 'event: drain\ndata: {}\n\n';
    else if (turn === 'over' || turn.done === true) return;
    else {
      yield frame(turn.value);
      next = source.next();
    }
  }
}

function frame({ sequence, time_ms, event, digest }: ChainedEvent): string {
  // JSON has no raw line breaks, so one line holds it.
  const data = safeJson({ sequence, time_ms, event, digest });
  return `id: ${sequence}\nevent: ${event.type}\ndata: ${data}\n\n`;
}

interface Waiter extends Disposable {
  /** What comes first of the next event, some quiet, and the end. */
  wait(next: Promise<IteratorResult<ChainedEvent, unknown>>, quietMs: number): Promise<Turn>;
}

/** Waits again and again, and leaves nothing behind on a signal that outlives it. */
function waiter(lastsMs: number, draining: AbortSignal): Waiter {
  let resolve: (turn: Turn) => void = () => undefined;
  let end: 'drained' | 'over' | undefined = draining.aborted ? 'drained' : undefined;
  const finish = (how: 'drained' | 'over'): void => {
    end ??= how;
    resolve(end);
  };
  const onDrain = (): void => finish('drained');
  const timer = setTimeout(() => finish('over'), lastsMs);
  draining.addEventListener('abort', onDrain, { once: true });
  return {
    async wait(next, quietMs) {
      // It may fail when nobody waits for it any more.
      next.catch(() => undefined);
      if (end !== undefined) return end;
      const { promise, resolve: settle, reject } = Promise.withResolvers<Turn>();
      resolve = settle;
      const quiet = setTimeout(() => settle('quiet'), quietMs);
      next.then(settle, reject);
      try {
        return await promise;
      } finally {
        clearTimeout(quiet);
      }
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      draining.removeEventListener('abort', onDrain);
    },
  };
}
