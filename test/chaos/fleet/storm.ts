import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { unended } from './account.ts';
import { type PatientClient, patientClient } from './client.ts';
import type { Fault } from './faults.ts';
import { type Accepted, agreeToAll, type Ground, submit } from './load.ts';

/** What came of a storm. */
export interface Weathered {
  readonly accepted: readonly Accepted[];
  /** How often a client had to ask again. */
  readonly retries: number;
}

const CALM_MS = 1_500;
const BETWEEN_MS = 200;
const APPROVE_MS = 300;
const LOOK_MS = 500;

/** Brings faults upon a fleet, one after the other, while runs come in steadily; then lets it come to rest. */
export async function weather(
  fleet: Fleet,
  faults: Iterable<Fault>,
  { everyMs, settleMs, host }: { readonly everyMs: number; readonly settleMs: number } & Pick<Ground, 'host'>,
): Promise<Weathered> {
  const client = async (role: string): Promise<PatientClient> =>
    patientClient(fleet.urls(), await fleet.token(role, 'web'));
  const [agent, approver] = [await client('submitter'), await client('approver')];
  const ground = { workspaces: fleet.workspaces, host };
  const [raging, unsettled] = [new AbortController(), new AbortController()];
  const storm = async (): Promise<void> => {
    await sleep(CALM_MS);
    for (const fault of faults) {
      await fault.bring();
      await sleep(BETWEEN_MS);
    }
  };
  const load = async (): Promise<Accepted[]> => {
    const submissions: Promise<Accepted>[] = [];
    for (let number = 0; !raging.signal.aborted; number++) {
      submissions.push(submit(agent, ground, number));
      await sleep(everyMs);
    }
    return Promise.all(submissions);
  };
  const approvals = async (): Promise<void> => {
    for (; !unsettled.signal.aborted; await sleep(APPROVE_MS)) await agreeToAll(approver);
  };
  const approving = approvals();
  const loading = load();
  await storm().finally(() => raging.abort());
  const accepted = await loading;
  for (const giveUp = Date.now() + settleMs; Date.now() < giveUp; await sleep(LOOK_MS))
    if ((await unended(fleet, accepted)).length === 0) break;
  unsettled.abort();
  await approving;
  return { accepted, retries: agent.retries() + approver.retries() };
}
