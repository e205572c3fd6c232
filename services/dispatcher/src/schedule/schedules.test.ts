import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import { digestOfJson } from '@drylane/proto/digest';
import { Policy } from '@drylane/proto/policy';
import { ScheduleRequest } from '@drylane/proto/schedule';
import { QUEUES } from '@drylane/proto/task';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Principal } from '../access/access.ts';
import { createBell } from '../dispatch/bell.ts';
import { entranceFromAfar } from '../dispatch/entrance.ts';
import type { Fleet } from '../dispatch/fleet.ts';
import { keeper } from '../dispatch/keeper.ts';
import { createRoom } from '../dispatch/room.ts';
import { describeDatabases } from '../ledger/kinds.fixture.ts';
import { storedLedger } from '../ledger/store.ts';
import { SIGNER } from '../receipt/receipt.fixture.ts';
import { fleetService } from '../service/service.ts';
import { type Due, submitDue } from './due.ts';
import { type Schedules, storedSchedules } from './schedules.ts';

const policy = Policy.parse({ version: 1, workspaces: { roots: ['/srv'] } });
const who: Principal = { id: 'token:ci', via: 'token', grants: [{ role: 'submitter', tenant: 'web' }] };
const asked = (fields: object = {}): ScheduleRequest =>
  ScheduleRequest.parse({
    cron: '0 3 * * *',
    envelope: { command: 'ls', working_dir: '/srv/site', intent: { mode: 'read-only' } },
    ...fields,
  });

describeDatabases('schedules in %s', (at) => {
  let schedules: Schedules;
  let fleet: Fleet;
  let blobs: string;

  beforeEach(() => {
    const { database } = at;
    schedules = storedSchedules(database);
    blobs = mkdtempSync(join(tmpdir(), 'drylane-schedules-'));
    const kept = fileBlobs(blobs);
    const ledger = storedLedger(database.db, database.retry);
    fleet = {
      desk: {
        ...{ ledger, blobs: kept, signer: async () => SIGNER },
        proven: async (approvals) => approvals,
      },
      policy: { policy, digest: digestOfJson(policy), rules: [], tests: [], shipped: false },
      keepPolicy: keeper(kept, policy),
      transport: inlineTransport({ queues: QUEUES, keep: 9 }),
      limits: { window: 1, waitingOfTenant: 9, waiting: 9, givenUpMs: 1000 },
      ...{ entrance: entranceFromAfar(policy), bell: createBell(), redactor: createRedactor([]) },
      nudge: () => {},
      told: () => {},
      stuck: () => {},
    };
  });
  afterEach(() => rmSync(blobs, { recursive: true }));

  const due = (over: Partial<Due> = {}): Due => ({
    schedules,
    maySubmit: async () => true,
    retryAfter: createRoom(fleet),
    failed: (_schedule, fault) => {
      throw fault;
    },
    ...over,
  });
  /** A schedule of a tenant, and when it is due. */
  const added = async (tenant = 'web') => {
    const { id, next_ms } = await schedules.addSchedule(who, tenant, asked());
    return { id, at: next_ms ?? 0 };
  };
  const runs = () => fleet.desk.ledger.listRuns({ limit: 99 });

  it('are kept, listed by tenant, and taken away', async () => {
    const mine = await schedules.addSchedule(who, 'web', asked({ promote: true }));
    await schedules.addSchedule(who, 'ops', asked());
    expect(mine).toMatchObject({ tenant: 'web', submitter: 'token:ci', promote: true, last_run: null });
    expect(await schedules.schedule(mine.id)).toEqual(mine);
    expect(await schedules.schedules({ tenants: ['web'], limit: 9 })).toEqual([mine]);
    expect(await schedules.schedules({ tenants: 'all', limit: 9 })).toHaveLength(2);
    const rest = await schedules.schedules({ tenants: 'all', limit: 9, after: mine.id });
    expect(rest.map(({ tenant }) => tenant)).toEqual(['ops']);
    await schedules.removeSchedule(who, mine.id);
    await expect(schedules.schedule(mine.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['a time that nobody knows', { cron: '61 * * * *' }],
    [
      'a secret',
      { envelope: { ...asked().envelope, command: 'curl https://bob:hunter2hunter2@h.example.com/' } },
    ],
  ])('are refused with %s, and nothing is kept', async (_name, fields) => {
    await expect(schedules.addSchedule(who, 'web', asked(fields))).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(await schedules.schedules({ tenants: 'all', limit: 9 })).toEqual([]);
  });

  it('are runs when their time comes, each time once, however many look at once', async () => {
    const { id, at } = await added();
    await submitDue(fleet, due(), at - 1);
    expect(await runs()).toEqual([]);
    await Promise.all([1, 2, 3].map(() => submitDue(fleet, due(), at)));
    const [run, ...more] = await runs();
    expect([run?.tenant, run?.submitter, more]).toEqual(['web', 'token:ci', []]);
    const after = await schedules.schedule(id);
    expect(after).toMatchObject({ last_run: run?.id, next_ms: at + 86_400_000 });
    await submitDue(fleet, due(), at + 1);
    expect(await runs()).toHaveLength(1);
  });

  it('are runs once where a replica died between submitting and noting it', async () => {
    const { at } = await added();
    const dying: Schedules = { ...schedules, taken: () => Promise.reject(new Error('killed')) };
    await submitDue(fleet, due({ schedules: dying, failed: () => {} }), at);
    await submitDue(fleet, due(), at);
    expect(await runs()).toHaveLength(1);
  });

  it('come once for all the times at which nobody was there', async () => {
    const { at } = await added();
    const late = at + 5 * 86_400_000 + 1;
    await submitDue(fleet, due(), late);
    await submitDue(fleet, due(), late);
    expect(await runs()).toHaveLength(1);
  });

  it('are no runs once whoever made them may not submit any more, and are again when they may', async () => {
    const { id, at } = await added();
    const told: unknown[] = [];
    const gone = {
      maySubmit: async () => false,
      failed: (_: unknown, fault: unknown) => void told.push(fault),
    };
    await submitDue(fleet, due(gone), at);
    expect([await runs(), told]).toEqual([[], [expect.objectContaining({ code: 'not-promotable' })]]);
    const { next_ms: next } = await schedules.schedule(id);
    expect(next).toBe(at + 86_400_000);
    await submitDue(fleet, due(), next ?? 0);
    expect(await runs()).toHaveLength(1);
  });

  it('wait while as many runs wait as may wait, and hold up nobody else', async () => {
    const { at } = await added();
    await added('ops');
    const retryAfter = async (tenant: string) => (tenant === 'web' ? 7 : undefined);
    await submitDue(fleet, due({ retryAfter }), at);
    expect((await runs()).map(({ tenant }) => tenant)).toEqual(['ops']);
    await submitDue(fleet, due(), at + 1);
    expect(await runs()).toHaveLength(2);
  });

  it('are all looked at, however many cannot be submitted', async () => {
    const all = [await added(), await added('ops'), await added('app')];
    const at = Math.max(...all.map((one) => one.at));
    const seen: string[] = [];
    const failed = ({ id }: { readonly id: string }): void => void seen.push(id);
    const retryAfter = () => Promise.reject(new Error('never'));
    await submitDue(fleet, due({ retryAfter, failed, page: 1 }), at);
    expect(seen.sort()).toEqual(all.map(({ id }) => id).sort());
  });

  it('are submitted under keys that nobody else can take first', async () => {
    const { id, at } = await added();
    const envelope = { ...asked().envelope, idempotency_key: `${id}/${at}` };
    const stealing = fleetService(fleet, schedules).submit(who, envelope, { tenant: 'web', promote: false });
    await expect(stealing).rejects.toMatchObject({ problems: [{ field: 'idempotency_key' }] });
    await submitDue(fleet, due(), at);
    expect(await runs()).toHaveLength(1);
  });
});
