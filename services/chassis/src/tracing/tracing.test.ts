import { DrylaneError } from '@drylane/proto/errors';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { recordSpans } from './recorder.fixture.ts';
import { inject, inSpan } from './tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const FROM = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'vendor=1' };

describe('work in a span', () => {
  it('is done, and answers, where there is no tracer; nothing is sent along', async () => {
    expect(await inSpan('mill', { run: 'run_1' }, async () => inject(), { from: FROM })).toEqual({});
    await expect(inSpan('mill', {}, () => Promise.reject(new Error('jammed')))).rejects.toThrow('jammed');
  });

  it('ends its span, and tells of it what is known', async () => {
    using recorder = recordSpans();
    const facts = { run: 'run_1', stage: 'mill', lane: 'live', queue: 'grain', verdict: 'hold', attempt: 2 };
    expect(await inSpan('mill a sack', facts, async () => 7, { kind: 'consumer' })).toBe(7);
    expect(recorder.spans).toMatchObject([
      {
        name: 'mill a sack',
        kind: SpanKind.CONSUMER,
        parent: undefined,
        attributes: {
          'drylane.run': 'run_1',
          'drylane.stage': 'mill',
          'drylane.lane': 'live',
          'drylane.queue': 'grain',
          'drylane.verdict': 'hold',
          'drylane.attempt': 2,
        },
        status: SpanStatusCode.UNSET,
        ends: 1,
      },
    ]);
  });

  it('goes on where a carrier came from, across as many processes as there are', async () => {
    using recorder = recordSpans();
    const sent = await inSpan('submit', {}, async () => inject(), { from: FROM });
    expect(sent.traceparent?.split('-')[1]).toBe(TRACE);
    await inSpan(
      'take',
      {},
      async () => {
        await Promise.resolve();
        await inSpan('inner', {}, async () => {});
      },
      { from: JSON.parse(JSON.stringify(sent)) },
    );
    const [submit, take, inner] = recorder.spans;
    expect(recorder.spans.map((span) => span.spanContext().traceId)).toEqual([TRACE, TRACE, TRACE]);
    expect(take?.parent?.spanId).toBe(submit?.spanContext().spanId);
    expect(inner?.parent?.spanId).toBe(take?.spanContext().spanId);
    expect(sent.tracestate).toBe('vendor=1');
  });

  it('begins a trace of its own where the carrier names none, whatever is around it', async () => {
    using recorder = recordSpans();
    await inSpan('outer', {}, () => inSpan('inner', {}, async () => {}, { from: { traceparent: 'forged' } }));
    expect(recorder.spans.map(({ name, parent }) => [name, parent])).toEqual([
      ['outer', undefined],
      ['inner', undefined],
    ]);
  });

  it('that fails says by its code that it did, and nothing of what the fault says', async () => {
    using recorder = recordSpans();
    const faults = [
      new DrylaneError('sandbox-failed', { field: 'hunter2', message: 'hunter2', mend: 'hunter2' }),
      new Error('hunter2'),
      'hunter2',
    ];
    for (const fault of faults)
      await expect(inSpan('mill', {}, () => Promise.reject(fault))).rejects.toBe(fault);
    const thrown = inSpan('mill', {}, () => {
      throw faults[1];
    });
    await expect(thrown).rejects.toBe(faults[1]);
    expect(
      recorder.spans.map(({ attributes, status, ends, said }) => [
        attributes['error.type'],
        status,
        ends,
        said,
      ]),
    ).toEqual(
      ['sandbox-failed', 'fault', 'fault', 'fault'].map((type) => [type, SpanStatusCode.ERROR, 1, []]),
    );
  });

  it('tells of no fact that is not a word: no command, path or text gets into a trace', async () => {
    using recorder = recordSpans();
    for (const run of ['rm -rf /', '/etc/passwd', 'a\nb', '', 'x'.repeat(129), 'pass=hunter2'])
      await inSpan('mill', { run, attempt: Number.NaN }, async () => {});
    expect(recorder.spans.map(({ attributes }) => attributes)).toEqual(Array.from({ length: 6 }, () => ({})));
  });
});
