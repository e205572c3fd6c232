import { type ReceivedSpan, type Receiver, startReceiver } from '@drylane/chassis/tracing/receiver.fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envelope, makeSite, WRITE } from './asking.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { runCases } from './run-cases.ts';

let receiver: Receiver;
let fleet: Fleet;
beforeAll(async () => {
  receiver = await startReceiver();
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '100' };
  fleet = await startFleet({
    environment: { dispatcher: traced, comparator: traced, rehearsal: traced, live: traced },
  });
}, 180_000);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
}, 60_000);

runCases(() => fleet);

describe('a run through processes that tell of it', () => {
  it('is one trace, from its request to its end, in whatever process something was done for it', async () => {
    const { directory } = await makeSite(fleet, 'traced');
    const agent = await fleet.client('submitter', 'web');
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { id } = await agent.submit(envelope(directory, WRITE), true, { traceparent });
    await agent.until(id, 'promoted');
    const ofRun = (span: ReceivedSpan) =>
      span.traceId === traceparent.split('-')[1] &&
      String(span.attributes['drylane.run'] ?? id).startsWith(id);
    const seen = () => receiver.spans().filter(ofRun);
    const told = () => [...new Set(seen().map(({ service, name }) => `${service} ${name}`))].sort();
    await expect
      .poll(told, { timeout: 10_000 })
      .toEqual([
        'drylane-comparator compare',
        'drylane-dispatcher claim-run',
        'drylane-dispatcher queue',
        'drylane-dispatcher settle',
        'drylane-dispatcher submit',
        'drylane-dispatcher submit-run',
        'drylane-worker promote',
        'drylane-worker rehearse',
      ]);
    const ids = new Set(seen().map(({ spanId }) => spanId));
    const lost = seen().filter(({ parentSpanId = '' }) => !ids.has(parentSpanId));
    expect(lost.map(({ name }) => name)).toEqual(['submit-run']);
    expect(receiver.bodies.join()).not.toContain('echo new');
  });
});
