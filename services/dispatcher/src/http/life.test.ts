import { setTimeout as sleep } from 'node:timers/promises';
import { recordSpans } from '@drylane/chassis/tracing/recorder.fixture';
import { inject } from '@drylane/chassis/tracing/tracing';
import { afterEach, describe, expect, it } from 'vitest';
import { rawTo, within } from './raw.fixture.ts';
import { ENVELOPE, openPlace, type Place } from './server.fixture.ts';

let place: Place;
afterEach(async () => place[Symbol.asyncDispose]());

/** Holds every submission until it is let go. */
function hold(): { readonly arrived: Promise<void>; readonly letGo: () => void } {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { submit } = place.service;
  place.service.submit = async (...asked) => {
    arrived.resolve();
    await gate.promise;
    return submit(...asked);
  };
  return { arrived: arrived.promise, letGo: gate.resolve };
}

describe('the end of a server', () => {
  it('waits for the requests that it has, and takes no new connection', async () => {
    place = await openPlace();
    const { arrived, letGo } = hold();
    const asked = place.ask('/v1/runs', { as: 'owner', json: ENVELOPE });
    await arrived;
    const idle = rawTo(place.server.port, '');
    const drained = place.server.drain(AbortSignal.timeout(20_000));
    await within(5000, idle.closed);
    await expect(place.ask('/healthz')).rejects.toThrow();
    letGo();
    const answer = await asked;
    expect([answer.status, answer.headers.get('connection')]).toEqual([202, 'close']);
    await within(5000, drained);
  });

  it('cuts off what is left when the time is over', async () => {
    place = await openPlace();
    const { arrived } = hold();
    const asked = place.ask('/v1/runs', { as: 'owner', json: ENVELOPE }).catch(() => 'cut off');
    await arrived;
    await within(5000, place.server.drain(AbortSignal.timeout(100)));
    expect(await asked).toBe('cut off');
  });

  it('at once is an end with whatever is open, and may come twice', async () => {
    place = await openPlace();
    const { arrived } = hold();
    const asked = place.ask('/v1/runs', { as: 'owner', json: ENVELOPE }).catch(() => 'cut off');
    await arrived;
    await within(5000, Promise.all([place.server.close(), place.server.close()]));
    expect(await asked).toBe('cut off');
  });

  it('is told to whoever asks whether it is ready', async () => {
    place = await openPlace();
    expect((await place.ask('/readyz', { as: null })).status).toBe(200);
    place.readiness.drain();
    const answer = await place.ask('/readyz', { as: null });
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { ready: false, draining: true, failing: [] },
    ]);
  });
});

describe('what a server tells of itself', () => {
  it('is metrics, to everybody where that is configured', async () => {
    place = await openPlace({ metricsOpen: true });
    const answer = await place.ask('/metrics', { as: null });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('# HELP drylane_runs_total');
  });

  it('is one line for each answer, with its run and who asked, and no path', async () => {
    place = await openPlace();
    await place.ask('/v1/runs?task=private-thing', { as: 'viewer' });
    const id = `run_${'0'.repeat(26)}`;
    await place.ask(`/v1/runs/${id}/diff?path=private/thing`, { as: 'viewer' });
    await expect.poll(() => place.lines.length).toBe(2);
    const [list, diff] = place.lines.map((line) => JSON.parse(line));
    expect(list).toMatchObject({ level: 'info', route: 'list-runs', status: 200, who: 'token:viewer' });
    expect(diff).toMatchObject({ level: 'info', route: 'read-diff', status: 404, run: id });
    expect(place.lines.join('')).not.toContain('private');
  });

  it('is a span for each request, in the trace that the request came with, for what it begins', async () => {
    using recorder = recordSpans();
    place = await openPlace();
    const carried: unknown[] = [];
    const { submit } = place.service;
    place.service.submit = async (...asked) => {
      carried.push(inject());
      return submit(...asked);
    };
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    await place.ask('/v1/runs', { as: 'owner', json: ENVELOPE, headers });
    const span = recorder.spans.find(({ name }) => name === 'submit-run');
    expect(span?.parent?.traceId).toBe(traceId);
    expect(carried).toEqual([{ traceparent: expect.stringContaining(traceId) }]);
    // What is no trace is none, and breaks nothing.
    const odd = await place.ask('/v1/policy', { headers: { traceparent: 'x'.repeat(5000) } });
    expect(odd.status).toBe(200);
  });

  it('is that it cannot keep up, to all but those who ask whether it lives', async () => {
    place = await openPlace({ limits: { eventLoopDelayMs: 50 } });
    const busy = setInterval(() => {
      const untilMs = Date.now() + 200;
      while (Date.now() < untilMs);
    }, 1);
    await sleep(1000);
    const [asked, probe] = await Promise.all([place.ask('/v1/policy'), place.ask('/healthz')]);
    clearInterval(busy);
    expect([asked.status, probe.status]).toEqual([503, 200]);
    expect(asked.headers.get('retry-after')).not.toBeNull();
    expect(await asked.json()).toMatchObject({ type: 'https://drylane.dev/problems/unavailable' });
  });
});
