import { setTimeout as sleep } from 'node:timers/promises';
import type { RunId } from '@drylane/proto/ids';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChainedEvent, chainAll } from '../ledger/chain.ts';
import { classified, ID, moved, NOW, submitted } from '../ledger/ledger.fixture.ts';
import { openPlace, type Place, type PlaceOptions } from './server.fixture.ts';
import { eventStream } from './stream.ts';
import { ShownEvent } from './wire.ts';

let place: Place;
afterEach(async () => place[Symbol.asyncDispose]());

/** A server with a run whose rehearsal has not ended. */
async function running(options: PlaceOptions = {}): Promise<RunId> {
  place = await openPlace({ ...options, lane: { held: true } });
  return place.submit();
}

interface Frame {
  readonly event?: string;
  readonly id?: string;
  readonly data?: string;
  readonly comment?: string;
  readonly retry?: string;
}

/** Frames as they come, until the stream ends. */
async function* framesOf(answer: Response): AsyncGenerator<Frame> {
  let rest = '';
  for await (const text of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    rest += text;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const lines = rest.slice(0, end).split('\n');
      rest = rest.slice(end + 2);
      yield Object.fromEntries(
        lines.map((line) => {
          const at = line.indexOf(':');
          return [line.slice(0, at) || 'comment', line.slice(at + 1).trim()];
        }),
      );
    }
  }
}

const follow = (id: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  place.ask(`/v1/runs/${id}/events`, { as: 'owner', headers });

async function takeUntil(frames: AsyncGenerator<Frame>, type: string): Promise<Frame[]> {
  const seen: Frame[] = [];
  for (let turn = await frames.next(); turn.done !== true; turn = await frames.next()) {
    seen.push(turn.value);
    if (turn.value.event === type) break;
  }
  return seen;
}

describe('a stream of events', () => {
  it('tells each event as it happens, and ends with the run', async () => {
    const id = await running();
    const answer = await follow(id);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const frames = framesOf(answer);
    const first = await takeUntil(frames, 'moved');
    expect(first.map(({ event, id: at }) => [event, at])).toEqual([
      ...[
        [undefined, undefined],
        ['submitted', '0'],
        ['classified', '1'],
        ['moved', '2'],
      ],
    ]);
    await place.letGo(id);
    await place.ask(`/v1/runs/${id}/cancel`, { as: 'owner', method: 'POST' });
    const last = await collect(frames);
    expect(last.map(({ event }) => event)).toEqual(['rehearsed', 'decided', 'moved', 'moved', 'receipted']);
    for (const { data } of last) ShownEvent.parse(JSON.parse(data ?? ''));
  });

  it('goes on after the last event that was seen', async () => {
    const id = await running();
    await place.letGo(id);
    await place.ask(`/v1/runs/${id}/cancel`, { as: 'owner', method: 'POST' });
    const all = (await collect(framesOf(await follow(id)))).slice(1);
    for (const [index, { id: seen = '' }] of all.entries()) {
      const rest = await collect(framesOf(await follow(id, { 'last-event-id': seen })));
      expect(rest.slice(1)).toEqual(all.slice(index + 1));
    }
  });

  it.each(['x', '-1', '1.5', '01', '9'.repeat(30)])('is refused after %s', async (seen) => {
    const answer = await follow(await running(), { 'last-event-id': seen });
    expect(answer.status).toBe(400);
  });

  it('shows that it lives while nothing happens, and ends after a while', async () => {
    const id = await running({ limits: { heartbeatMs: 30, streamMs: 200 } });
    const frames = await collect(framesOf(await follow(id)));
    expect(frames.filter(({ comment }) => comment === 'still here').length).toBeGreaterThan(1);
    expect(frames.at(-1)?.event).not.toBe('drain');
  });

  it('ends soon after the token that it was opened with is revoked', async () => {
    const id = await running({ limits: { stillMs: 50 } });
    const frames = framesOf(await follow(id));
    await takeUntil(frames, 'moved');
    const [, token] = /^drl_(\w{12})_/.exec(place.tokens.owner) ?? [];
    await place.ask(`/v1/tokens/${token}`, { method: 'DELETE' });
    expect(await collect(frames)).toEqual([]);
    await place.letGo(id);
    expect((await follow(id)).status).toBe(401);
  });

  it('is told when the server ends, and the server waits for nothing else', async () => {
    const id = await running();
    const frames = framesOf(await follow(id));
    await takeUntil(frames, 'moved');
    const startMs = Date.now();
    const drained = place.server.drain(AbortSignal.timeout(10_000));
    expect(await collect(frames)).toEqual([{ event: 'drain', data: '{}' }]);
    await drained;
    expect(Date.now() - startMs).toBeLessThan(9_000);
    await expect(follow(id)).rejects.toThrow();
  });

  it('is one of only so many, and gives its place back when nobody reads it any more', async () => {
    const id = await running({ limits: { streams: { perPrincipal: 2, perTenant: 9, inAll: 3 } } });
    const ends = [new AbortController(), new AbortController()];
    for (const { signal } of ends)
      await (await place.ask(`/v1/runs/${id}/events`, { as: 'owner', signal })).body?.getReader().read();
    const third = await follow(id);
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5']);
    const other = await place.ask(`/v1/runs/${id}/events`, { as: 'viewer' });
    expect(other.status).toBe(200);
    expect((await place.ask(`/v1/runs/${id}/events`, { as: 'operator' })).status).toBe(429);
    for (const end of ends) end.abort();
    await expect
      .poll(async () => {
        const answer = await follow(id);
        await answer.body?.cancel();
        return answer.status;
      })
      .toBe(200);
    await other.body?.cancel();
  });
});

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of source) found.push(value);
  return found;
}

describe('somebody who goes while their stream is looked up', () => {
  it('takes no place for ever', async () => {
    const id = await running({ limits: { streams: { perPrincipal: 1, perTenant: 1, inAll: 1 } } });
    const [arrived, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { find } = place.service;
    place.service.find = async (run) => {
      arrived.resolve();
      await gate.promise;
      return find(run);
    };
    const end = new AbortController();
    const asked = place.ask(`/v1/runs/${id}/events`, { as: 'owner', signal: end.signal }).catch(() => 'gone');
    await arrived.promise;
    end.abort();
    expect(await asked).toBe('gone');
    await sleep(50);
    gate.resolve();
    await sleep(50);
    const answer = await follow(id);
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });
});

describe('what is written of events', () => {
  const events = chainAll(ID, undefined, [submitted(), classified, moved('rehearsing')], NOW);
  const options = { heartbeatMs: 1000, lastsMs: 1000, draining: new AbortController().signal };

  it('asks for no event before the one before was taken', async () => {
    let asked = 0;
    async function* source(): AsyncGenerator<ChainedEvent> {
      for (const event of events) {
        asked += 1;
        yield event;
      }
    }
    const stream = eventStream(source(), options);
    await stream.next();
    await sleep(20);
    expect(asked).toBe(0);
    await stream.next();
    await sleep(20);
    expect(asked).toBe(1);
    await stream.return();
  });

  async function* one(known: readonly ChainedEvent[]): AsyncGenerator<ChainedEvent> {
    yield* known;
  }

  it('holds no line break but its own, whatever an event says', async () => {
    const hostile = chainAll(ID, undefined, [submitted({ command: 'a\n\nid: 9\r\rdata: {}\u2028' })], NOW);
    const [, frame] = await collect(eventStream(one(hostile), options));
    expect(frame?.split(/\r\n|\r|\n/)).toHaveLength(5);
  });

  it('throws what the events throw', async () => {
    async function* broken(): AsyncGenerator<ChainedEvent> {
      yield* events;
      throw new Error('the ledger went away');
    }
    await expect(collect(eventStream(broken(), options))).rejects.toThrow('the ledger went away');
  });
});
