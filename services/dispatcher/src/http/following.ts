import type { ChainedEvent } from '../ledger/chain.ts';
import { type Answer, type Asked, type Handlers, ok, refuse } from './handler.ts';
import { idOf } from './runs.ts';
import { eventStream } from './stream.ts';

const SEQUENCE = /^(0|[1-9][0-9]{0,14})$/;

/** Who follows a run. */
export const followingHandlers: Handlers<'follow-events'> = {
  'follow-events': async (asked, { service, limits, streams, draining }) => {
    const after = lastSeen(asked.lastEventId);
    if (after === undefined) return refuse('bad-input', NO_SEQUENCE);
    const events = (follow: boolean, signal: AbortSignal): AsyncIterable<ChainedEvent> =>
      service.events(idOf(asked), { after, follow, signal });
    if (!asked.query.follow) return ok(await all(events(false, asked.gone)));
    const leave = streams.take(asked.who);
    if (leave === undefined) return refuse('too-many-requests', STREAMS_FULL, 5);
    return streamed(asked, { leave, stillMs: limits.stillMs }, (signal) =>
      eventStream(events(true, signal), {
        heartbeatMs: limits.heartbeatMs,
        lastsMs: limits.streamMs,
        draining,
      }),
    );
  },
};

interface Stay {
  readonly leave: () => void;
  readonly stillMs: number;
}

/**
 * A stream whose place is free again, and whose source is told, as soon as nobody reads it any more, or whoever does is
 * nobody any more: a token that was revoked ends what it opened.
 */
function streamed(
  { gone, isStill }: Pick<Asked<'follow-events'>, 'gone' | 'isStill'>,
  { leave, stillMs }: Stay,
  open: (signal: AbortSignal) => AsyncIterable<string>,
): Answer {
  const over = new AbortController();
  const end = (): void => {
    clearInterval(looking);
    over.abort();
    leave();
  };
  const look = async (): Promise<void> => {
    if (!(await isStill())) end();
  };
  // While nobody can tell, nothing can be read either.
  const looking = setInterval(() => void look().catch(() => undefined), stillMs);
  // It may never be read from at all: whoever asked may have gone while it was looked up.
  if (gone.aborted) end();
  else gone.addEventListener('abort', end, { once: true });
  async function* read(): AsyncGenerator<string, void, void> {
    try {
      yield* open(over.signal);
    } finally {
      end();
    }
  }
  return {
    kind: 'bytes',
    type: 'text/event-stream; charset=utf-8',
    bytes: read(),
    headers: { 'x-accel-buffering': 'no' },
  };
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

/** The sequence after which the events are wanted; undefined where that is none. */
function lastSeen(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return -1;
  return SEQUENCE.test(header) ? Number(header) : undefined;
}

const NO_SEQUENCE = {
  field: 'last-event-id',
  message: 'is not the number of an event',
  mend: 'send the last id that the stream gave, or leave it out',
};

const STREAMS_FULL = {
  field: 'streams',
  message: 'are as many as may be at once',
  mend: 'end one of them, or ask with follow=false',
};
