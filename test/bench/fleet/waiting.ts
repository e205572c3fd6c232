import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../fleet-journey/client.ts';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { submitMany } from './load.ts';
import { type Memory, memoryOf } from './memory.ts';

/** What a fleet is like while a long line waits. */
export interface WaitingCost {
  /** Before they were submitted, with all of them, and after some of them were worked on. */
  readonly memory: { readonly before: Memory; readonly full: Memory; readonly worked: Memory };
  /** Seconds until whoever is over the limit may ask again; null where there was room for one more. */
  readonly retryAfterS: number | null;
  /** Milliseconds from the submission of another tenant's only run to the start of its rehearsal, one for each try. */
  readonly urgent: readonly number[];
}

export interface Line {
  readonly count: number;
  readonly tries: number;
  readonly envelope: object;
}

const PATIENCE_MS = 60_000;
const LOOK_MS = 10;
/** How long workers work on the line before memory is looked at again. */
const WORK_MS = 2_000;

/**
 * Lets runs of one tenant wait, then lets another tenant submit one, again and again while the fleet's worker is busy with the
 * first. The worker is started for that; it has ended before.
 */
export async function waitingCost(fleet: Fleet, { count, tries, envelope }: Line): Promise<WaitingCost> {
  const busy = await fleet.token('submitter', 'busy');
  const urgent = await fleet.client('submitter', 'urgent');
  const before = await memoryOf(fleet);
  await submitMany({ urls: fleet.urls(), token: busy }, envelope, count);
  const retryAfterS = await askedAgain(fleet.url, busy, envelope);
  await fleet.start('rehearsal');
  const full = await memoryOf(fleet);
  await begun(fleet, null);
  await sleep(WORK_MS);
  const times: number[] = [];
  for (let at = 0; at < tries; at++) times.push(await startOf(fleet, urgent, envelope));
  return { retryAfterS, urgent: times, memory: { before, full, worked: await memoryOf(fleet) } };
}

/** What one submission more is answered. */
async function askedAgain(url: string, token: string, envelope: object): Promise<number | null> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/runs`, { method: 'POST', headers, body: JSON.stringify(envelope) });
  await answer.arrayBuffer();
  if (answer.status === 202) return null;
  if (answer.status === 429) return Number(answer.headers.get('retry-after'));
  throw new Error(`a submission over the limit was answered ${answer.status}`);
}

async function startOf(fleet: Fleet, client: Client, envelope: object): Promise<number> {
  const startedAt = performance.now();
  const { id } = await client.submit(envelope);
  await begun(fleet, id);
  return performance.now() - startedAt;
}

/** Waits until a worker has said that it begins with a run, or with any. */
async function begun({ processes }: Fleet, run: string | null): Promise<void> {
  const lines = processes.get('rehearsal')?.lines ?? [];
  const giveUp = Date.now() + PATIENCE_MS;
  const isIt = (line: (typeof lines)[number]): boolean =>
    line.msg === 'a rehearsal begins' && (run === null || line.run === run);
  while (!lines.some(isIt)) {
    if (Date.now() > giveUp) throw new Error(`no worker began with ${run ?? 'any run'} in the bench`);
    await sleep(LOOK_MS);
  }
}
