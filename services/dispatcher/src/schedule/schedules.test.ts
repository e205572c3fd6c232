import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import { digestOfJson } from '@drylane/proto/digest';
import { Policy } from '@drylane/proto/policy';
import { type ScheduleId, ScheduleRequest } from '@drylane/proto/schedule';
import { QUEUES } from '@drylane/proto/task';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Principal } from '../access/access.ts';
import type { Fleet } from '../dispatch/fleet.ts';
import { describeDatabases } from '../ledger/kinds.fixture.ts';
import { storedLedger } from '../ledger/store.ts';
import { SIGNER } from '../receipt/receipt.fixture.ts';
import { submitDue } from './due.ts';
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
    const ledger = storedLedger(database.db, database.retry);
    fleet = {
      desk: {
        ...{ ledger, blobs: fileBlobs(blobs), signer: async () => SIGNER },
        proven: async (approvals) => approvals,
      },
      policy: { policy, digest: digestOfJson(policy), shipped: false },
      transport: inlineTransport({ queues: QUEUES, keep: 9 }),
      limits: { window: 1, waitingOfTenant: 9, waiting: 9, givenUpMs: 1000 },
      nudge: () => {},
      told: () => {},
      stuck: () => {},
    };
  });
  afterEach(() => rmSync(blobs, { recursive: true }));

  const fail = (_schedule: unknown, fault: unknown): never => {
    throw fault;
  };
  const runs = () => fleet.desk.ledger.listRuns({ limit: 99 });

  it('are kept, listed by tenant, and taken away', async () => {
    const mine = await schedules.addSchedule(who, 'web', asked({ promote: true }));
    await schedules.addSchedule(who, 'ops', asked());
    expect(mine).toMatchObject({ tenant: 'web', submitter: 'token:ci', promote: true, last_run: null });
    expect(await schedules.schedule(mine.id)).toEqual(mine);
    expect(await schedules.schedules(['web'])).toEqual([mine]);
    expect(await schedules.schedules('all')).toHaveLength(2);
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
    expect(await schedules.schedules('all')).toEqual([]);
  });

  it('are runs when their time comes, each time once, however many look at once', async () => {
    const { id, next_ms: due } = await schedules.addSchedule(who, 'web', asked());
    await submitDue(fleet, schedules, (due ?? 0) - 1, fail);
    expect(await runs()).toEqual([]);
    await Promise.all([1, 2, 3].map(() => submitDue(fleet, schedules, due ?? 0, fail)));
    const [run, ...more] = await runs();
    expect([run?.tenant, run?.submitter, more]).toEqual(['web', 'token:ci', []]);
    const after = await schedules.schedule(id as ScheduleId);
    expect(after).toMatchObject({ last_run: run?.id, next_ms: (due ?? 0) + 86_400_000 });
    await submitDue(fleet, schedules, (due ?? 0) + 1, fail);
    expect(await runs()).toHaveLength(1);
  });

  it('are runs once where a replica died between submitting and noting it', async () => {
    const { next_ms: due } = await schedules.addSchedule(who, 'web', asked());
    const dying: Schedules = { ...schedules, taken: () => Promise.reject(new Error('killed')) };
    await submitDue(fleet, dying, due ?? 0, () => {});
    await submitDue(fleet, schedules, due ?? 0, fail);
    expect(await runs()).toHaveLength(1);
  });

  it('come once for all the times at which nobody was there', async () => {
    const { next_ms: due } = await schedules.addSchedule(who, 'web', asked());
    const late = (due ?? 0) + 5 * 86_400_000 + 1;
    await submitDue(fleet, schedules, late, fail);
    await submitDue(fleet, schedules, late, fail);
    expect(await runs()).toHaveLength(1);
  });
});
