import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { recordSpans } from '@drylane/chassis/tracing/recorder.fixture';
import { inSpan } from '@drylane/chassis/tracing/tracing';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import type { Transport } from '@drylane/chassis/transport/transport';
import { digestOf } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { Receipt } from '@drylane/proto/receipt';
import { QUEUES } from '@drylane/proto/task';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asked, LIMITS, openPlace, type Place, serve, stateOf, taken } from './fleet.fixture.ts';
import { advanceLine, reconcile } from './line.ts';
import { createRoom } from './room.ts';

let at: Place;
beforeEach(async () => {
  at = await openPlace();
});
afterEach(() => at[Symbol.asyncDispose]());

describe('the line', () => {
  it('lets in as many as the window holds, and another tenant first', async () => {
    for (let i = 0; i < 3; i++) await taken(at, asked());
    await advanceLine(at.fleet);
    const other = await taken(at, asked({}, { tenant: 'ops' }));
    expect(await at.ledger.countByTenant('rehearsing')).toEqual(new Map([['web', 2]]));
    at.fleet = { ...at.fleet, limits: { ...LIMITS, window: 3 } };
    await advanceLine(at.fleet);
    expect((await at.ledger.readRun(RunId.parse(other))).run.state).toBe('rehearsing');
    expect(await at.transport.depth('rehearse')).toBe(3);
  });

  it('is made again from the ledger where the queue was lost', async () => {
    const id = await taken(at, asked());
    await advanceLine(at.fleet);
    const lost = at.transport;
    at.transport = inlineTransport({ queues: QUEUES, keep: 100 });
    await lost[Symbol.asyncDispose]();
    at.fleet = { ...at.fleet, transport: at.transport };
    serve(at, 'promote');
    await reconcile(at.fleet, Date.now());
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('promotable');
  });

  it('is in the trace of a run each time that it brings it into the queue', async () => {
    using recorder = recordSpans();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const from = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'vendor=1' };
    const id = await inSpan('asked', {}, () => taken(at, asked()), { from });
    await advanceLine(at.fleet);
    const lost = at.transport;
    at.transport = inlineTransport({ queues: QUEUES, keep: 100 });
    await lost[Symbol.asyncDispose]();
    at.fleet = { ...at.fleet, transport: at.transport };
    serve(at, 'promote');
    await reconcile(at.fleet, Date.now());
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('promotable');
    const ofRun = recorder.spans.filter((span) => span.spanContext().traceId === traceId);
    expect(ofRun.map(({ name }) => name)).toEqual(['asked', 'submit', 'queue', 'queue', 'settle']);
    expect(recorder.spans).toEqual(ofRun);
  });

  it('waits in the ledger while the queue cannot be reached', async () => {
    const down: Transport = {
      ...at.transport,
      submit: () =>
        Promise.reject(new DrylaneError('unavailable', { field: 'queue', message: '', mend: '' })),
      has: async () => false,
    };
    const id = await taken(at, asked());
    await expect(advanceLine({ ...at.fleet, transport: down })).rejects.toMatchObject({
      code: 'unavailable',
    });
    serve(at, 'promote');
    await reconcile(at.fleet, Date.now());
    expect(await stateOf(at, id, (now) => now !== 'rehearsing')).toBe('promotable');
  });

  it('goes on with the other runs where one cannot be moved', async () => {
    const stuck: unknown[] = [];
    serve(at, 'promote');
    const ids = [
      await taken(at, asked({}, { promote: true })),
      await taken(at, asked({}, { promote: true })),
    ];
    await advanceLine(at.fleet);
    for (const id of ids) await stateOf(at, id, (now) => now === 'promotable');
    const { run } = await at.ledger.readRun(RunId.parse(ids[0]));
    rmSync(join(at.state, 'blobs', String(run.decision_digest).slice(7, 9)), { recursive: true });
    const has: string[] = [];
    const watched: Transport = {
      ...at.transport,
      has: async (id) => has.push(id) === 0,
      submit: async () => {},
    };
    await advanceLine({ ...at.fleet, transport: watched, stuck: ({ id }, fault) => stuck.push([id, fault]) });
    expect(has).toHaveLength(2);
    expect(stuck).toMatchObject(ids.map((id) => [id, { code: 'not-found' }]));
  });

  it('looks at all runs that are under way, however many there are', async () => {
    at.fleet = { ...at.fleet, limits: { ...LIMITS, window: 200, waiting: 200, waitingOfTenant: 200 } };
    for (let i = 0; i < 102; i++) await taken(at, asked());
    await advanceLine(at.fleet);
    expect(await at.ledger.countByTenant('rehearsing')).toEqual(new Map([['web', 102]]));
    const known = new Set<string>();
    const watched: Transport = { ...at.transport, has: async (id) => known.add(id).size > 0 };
    await reconcile({ ...at.fleet, transport: watched }, Date.now());
    expect(known.size).toBe(102);
  });

  it('gives up what nobody told of in time', async () => {
    const id = await taken(at, asked());
    await advanceLine(at.fleet);
    await reconcile(at.fleet, Date.now() + LIMITS.givenUpMs + 1);
    const { run } = await at.ledger.readRun(RunId.parse(id));
    expect(run).toMatchObject({ state: 'inconclusive', receipt_digest: expect.any(String) });
  });

  it.each(['promote', null] as const)(
    'gives up what nobody knows the landing of, and its receipt tells what is known of it: %s',
    async (verdict) => {
      serve(at, 'promote');
      const id = RunId.parse(await taken(at, asked()));
      await advanceLine(at.fleet);
      await stateOf(at, id, (now) => now === 'promotable');
      const claimed = {
        type: 'claimed',
        owner: 'worker.1',
        mode: 'apply',
        bound: digestOf('bound'),
      } as const;
      const moved = { type: 'moved', to: 'promoting', reason: null } as const;
      await at.ledger.append(id, [claimed, moved], Date.now());
      if (verdict === null) rmSync(join(at.state, 'blobs'), { recursive: true });
      await reconcile(at.fleet, Date.now() + LIMITS.givenUpMs + 1);
      const { run } = await at.ledger.readRun(id);
      const { payload = '' } = (await at.ledger.receiptOf(id)) ?? {};
      const { predicate } = Receipt.parse(JSON.parse(Buffer.from(payload, 'base64').toString()));
      expect([run.state, predicate.state]).toEqual(['unknown', 'unknown']);
      expect(predicate.decision?.verdict ?? null).toBe(verdict);
      expect(predicate.evidence_digest).toBe(verdict === null ? null : run.evidence_digest);
    },
  );

  it('has room for so many of a tenant, and of all', async () => {
    const retryAfter = createRoom(at.fleet);
    for (let i = 0; i < LIMITS.waitingOfTenant; i++) {
      expect(await retryAfter('web', 0)).toBeUndefined();
      await taken(at, asked());
    }
    expect(await retryAfter('web', 0)).toBeGreaterThan(0);
    expect(await createRoom(at.fleet)('web', 0)).toBeGreaterThan(0);
    expect(await createRoom(at.fleet)('ops', 0)).toBeUndefined();
  });
});
