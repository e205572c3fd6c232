import { setTimeout as pause } from 'node:timers/promises';
import { SpanKind, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logger/logger.ts';
import { createRedactor } from '../redact/redact.ts';
import type { Part } from '../shutdown/shutdown.ts';
import { MOST_SPANS } from './collector.ts';
import { openTracing } from './open.ts';
import { startReceiver } from './receiver.fixture.ts';
import type { TracingSettings } from './settings.ts';
import { inject, inSpan } from './tracing.ts';

const SECRET = 'correct-horse-battery';
const redactor = createRedactor([{ name: 'KEY', value: SECRET }]);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const FROM = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: `vendor=${SECRET}` };

let open: Part | undefined;
let lines: Record<string, unknown>[] = [];
afterEach(async () => {
  await open?.close?.();
  lines = [];
});

async function send(url: string, settings: Partial<TracingSettings> = {}): Promise<Part> {
  const sink = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLogger({
    service: 'mill',
    level: 'debug',
    redactor,
    sink: { ...sink, flush: async () => {} },
  });
  open = await openTracing(
    {
      ...{ url: `${url}/v1/traces`, headers: {}, service: 'drylane-mill', name: null },
      ...{ sampler: 'parentbased_always_on', ratio: 1, delayMs: 5, ...settings },
    },
    { redactor, log },
  );
  if (open === undefined) throw new Error('nothing was opened');
  return open;
}

/** Waits until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries++) await pause(10);
  expect(holds()).toBe(true);
}

const said = () => lines.map(({ msg }) => msg);

describe('spans of a process', () => {
  it('come to the collector, with their place in the trace, the service and what is known of the work', async () => {
    await using receiver = await startReceiver();
    const sending = await send(receiver.url, { headers: { authorization: 'Bearer of-the-tests' } });
    const facts = { run: 'run_1', stage: 'mill', attempt: 2 };
    const inner = () => inSpan('grind', {}, async () => inject());
    const sent = await inSpan('mill', facts, inner, { from: FROM, kind: 'consumer' });
    await expect(inSpan('sieve', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await sending.close?.();
    const [grind, mill, sieve] = receiver.spans();
    expect(mill).toMatchObject({
      ...{ traceId: TRACE, parentSpanId: '00f067aa0ba902b7', name: 'mill', service: 'drylane-mill' },
      ...{ kind: SpanKind.CONSUMER + 1, status: { code: 0 } },
      attributes: { 'drylane.run': 'run_1', 'drylane.stage': 'mill', 'drylane.attempt': 2 },
    });
    expect(grind).toMatchObject({ traceId: TRACE, parentSpanId: mill?.spanId });
    expect(sent.traceparent).toBe(`00-${TRACE}-${grind?.spanId}-01`);
    expect(sieve).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'fault' } });
    expect(sieve?.traceId).not.toBe(TRACE);
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer of-the-tests' });
    expect(said()).toEqual([]);
  });

  it('hold no secret, whoever made them: no attribute, exception, link or state', async () => {
    await using receiver = await startReceiver();
    const sending = await send(receiver.url, { name: `mill ${SECRET}` });
    await inSpan('mill', {}, async () => {}, { from: FROM });
    const attributes = {
      plain: 'kept',
      [`name ${SECRET}`]: 1,
      password: 'Xk29fjQpLw83nVz',
      list: ['a', SECRET],
    };
    const link = { context: { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 }, attributes };
    const span = trace.getTracer('a library').startSpan(`GET /?key=${SECRET}`, { attributes, links: [link] });
    span.recordException(new Error(`refused ${SECRET}`));
    span.setStatus({ code: 2, message: `refused ${SECRET}` });
    span.end();
    await sending.close?.();
    const all = receiver.bodies.join();
    expect(receiver.spans()).toHaveLength(2);
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain('Xk29fjQpLw83nVz');
    expect(all).toContain('refused [redacted:key]');
    expect(all).toContain('kept');
  });

  it('are as many as the operator asks for', async () => {
    await using receiver = await startReceiver();
    for (const [sampler, ratio, sampled] of [
      ['always_off', 1, []],
      ['parentbased_always_off', 1, ['asked']],
      ['parentbased_traceidratio', 0, ['asked']],
      ['traceidratio', 1, ['asked', 'not asked', 'own']],
      ['parentbased_always_on', 1, ['asked', 'own']],
      ['always_on', 0, ['asked', 'not asked', 'own']],
    ] as const) {
      const before = receiver.spans().length;
      const sending = await send(receiver.url, { sampler, ratio });
      await inSpan('asked', {}, async () => {}, { from: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` } });
      await inSpan('not asked', {}, async () => {}, {
        from: { traceparent: `00-${TRACE}-00f067aa0ba902b7-00` },
      });
      await inSpan('own', {}, async () => {});
      await sending.close?.();
      const names = receiver
        .spans()
        .slice(before)
        .map(({ name }) => name);
      expect([sampler, names]).toEqual([sampler, sampled]);
    }
  });
});

describe('a collector', () => {
  it('that takes nothing is told of once, and so is that it takes something again', async () => {
    await using receiver = await startReceiver();
    receiver.answer = 400;
    await send(receiver.url);
    for (let i = 1; i <= 3; i++) {
      await inSpan('mill', {}, async () => {});
      await until(() => receiver.headers.length === i);
    }
    receiver.answer = 200;
    await inSpan('mill', {}, async () => {});
    await until(() => said().length === 2);
    expect(said()).toEqual([
      'spans are lost, as the collector takes none',
      'the collector takes spans again',
    ]);
    expect(receiver.spans()).toHaveLength(1);
  });

  it('that says nothing gets no more later than was kept for it, and the rest is lost', async () => {
    await using receiver = await startReceiver();
    receiver.answer = null;
    const sending = await send(receiver.url);
    for (let i = 0; i < 5_000; i++) await inSpan('mill', {}, async () => {});
    receiver.answer = 200;
    receiver.hangUp();
    await sending.close?.();
    // What waited, and the batch that was under way.
    expect(receiver.spans().length).toBeGreaterThanOrEqual(MOST_SPANS);
    expect(receiver.spans().length).toBeLessThanOrEqual(MOST_SPANS * 1.25);
  });

  it('that is not there costs spans, and a process no more than a moment at its end', async () => {
    const gone = await startReceiver();
    await gone[Symbol.asyncDispose]();
    const sending = await send(gone.url);
    expect(await inSpan('mill', {}, async () => 7)).toBe(7);
    const startedMs = performance.now();
    await sending.close?.();
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    expect(said()).toContain('the last spans were not sent in time');
  });
});
