import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { newToken } from './access-cases.ts';
import { envelope, heldEnvelope, makeSite, type Site } from './asking.ts';
import { type Client, createClient } from './client.ts';
import type { Outside } from './outside.ts';

// The clock of a fleet may be another than ours.
const SLACK_MS = 1_000;

interface Sheet {
  readonly bound: string;
  readonly waits_until_ms: number;
}

interface Kept {
  readonly id: string;
  readonly last_run: string | null;
}

/** A schedule whose time comes each minute. */
export interface Scheduled {
  readonly agent: Client;
  readonly site: Site;
  readonly id: string;
}

/** Makes one as soon as a fleet lets it: what has just been brought up may say for a while that it is busy. */
export async function beginSchedule(fleet: Outside): Promise<Scheduled> {
  const patience = { timeout: 60_000, interval: 500 };
  const agent = await vi.waitFor(() => fleet.client('submitter', 'web'), patience);
  const site = await makeSite(fleet, 'scheduled');
  const kept = { cron: '* * * * *', promote: true, envelope: envelope(site.directory, 'echo new >> a.txt') };
  const { id } = await vi.waitFor(() => agent.post<Kept>('/v1/schedules', kept), patience);
  return { agent, site, id };
}

/**
 * What comes when its time has come, in a fleet whose policy lets approvals wait for less than a minute. All of it is begun
 * before the first test of a file, so that it is best to look last.
 */
export function timeCases(of: () => Outside, scheduled: () => Scheduled): void {
  let agent: Client;
  let approver: Client;
  let revoked: Client;
  let site: Site;
  let run: string;
  let sheet: Sheet;
  beforeAll(async () => {
    const fleet = of();
    const { token, text } = await newToken(fleet);
    revoked = createClient(fleet.url, text);
    expect((await revoked.ask('GET', '/v1/runs')).status).toBe(200);
    await fleet.operator.ask('DELETE', `/v1/tokens/${token.id}`);
    [agent, approver] = [await fleet.client('submitter', 'web'), await fleet.client('approver', 'web')];
    site = await makeSite(fleet, 'expired');
    ({ id: run } = await agent.submit(heldEnvelope(site.directory), true));
    await agent.until(run, 'awaiting-live-approval');
    sheet = await approver.get(`/v1/runs/${run}/subject?lane=live`);
  });

  describe('a token that was revoked', () => {
    it('is good for nothing, whoever is asked', async () => {
      const asked = Array.from({ length: 8 }, async () => (await revoked.ask('GET', '/v1/runs')).status);
      expect(new Set(await Promise.all(asked))).toEqual(new Set([401]));
    });
  });

  describe('a run that nobody decides on', () => {
    it('expires, with a receipt, and does not land any more', async () => {
      await sleep(Math.max(0, sheet.waits_until_ms - Date.now()) + SLACK_MS);
      const word = { lane: 'live', decision: 'approve', comment: null, bound: sheet.bound };
      const late = await approver.ask('POST', `/v1/runs/${run}/approvals`, word);
      expect([late.status, await late.text()]).toEqual([409, expect.stringContaining('has expired')]);
      expect(await agent.post(`/v1/runs/${run}/promote`)).toMatchObject({ state: 'expired' });
      const { payload } = await agent.get<{ payload: string }>(`/v1/runs/${run}/receipt`);
      const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString());
      expect(predicate).toMatchObject({ run, state: 'expired' });
      expect(await site.text()).toBe('old\n');
    }, 90_000);
  });

  describe('a schedule', () => {
    it('submits its run when it is time, and the run lands', async () => {
      const { agent: owner, site: changed, id: schedule } = scheduled();
      const last = async (): Promise<string | null | undefined> => {
        const { schedules } = await owner.get<{ readonly schedules: readonly Kept[] }>('/v1/schedules');
        return schedules.find(({ id }) => id === schedule)?.last_run;
      };
      await expect.poll(last, { timeout: 75_000, interval: 200 }).toMatch(/^run_/);
      await owner.until(`${await last()}`, 'promoted');
      expect((await owner.ask('DELETE', `/v1/schedules/${schedule}`)).status).toBe(204);
      // On a slow machine its time may have come more than once by now.
      expect(await changed.text()).toMatch(/^old\n(new\n)+$/);
    }, 150_000);
  });
}
