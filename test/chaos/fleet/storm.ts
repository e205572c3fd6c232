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

/** Runs that are under way at most, so that a slow machine has less to do and not ever more. */
const MOST = 24;
const CALM_MS = 1_500;
const BETWEEN_MS = 200;
const APPROVE_MS = 300;
const LOOK_MS = 500;

/** How a storm goes. */
interface Weather extends Pick<Ground, 'host'> {
  /** How often a run is submitted, and how long all of them may take to end when it is over, in milliseconds. */
  readonly everyMs: number;
  readonly settleMs: number;
  /** Hears of each fault. */
  readonly note: (what: string) => void;
}

/** Brings faults upon a fleet, one after the other, while runs come in steadily; then lets it come to rest. */
export async function weather(
  fleet: Fleet,
  faults: Iterable<Fault>,
  { everyMs, settleMs, host, note }: Weather,
): Promise<Weathered> {
  const client = async (role: string): Promise<PatientClient> =>
    patientClient([fleet.network.dispatcherOf('client')], await fleet.token(role, 'web'));
  const [agent, approver] = [await client('submitter'), await client('approver')];
  const ground = { workspaces: fleet.workspaces, host };
  const [raging, unsettled] = [new AbortController(), new AbortController()];
  const storm = async (): Promise<void> => {
    await sleep(CALM_MS);
    for (const fault of faults) {
      note(`${fault.kind} ${fault.what} begins`);
      await fault.bring();
      note(`${fault.kind} ${fault.what} has ended`);
      await sleep(BETWEEN_MS);
    }
  };
  const load = async (): Promise<Accepted[]> => {
    const submissions: Promise<Accepted>[] = [];
    const open = openRuns(fleet);
    while (!raging.signal.aborted) {
      if ((await open.count()) < MOST) {
        const submission = submit(agent, ground, submissions.length);
        submissions.push(submission);
        open.add(submission);
      }
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

/** Knows about how many runs have not ended: it looks only where they seem to be many. */
function openRuns(fleet: Fleet) {
  let open: Promise<Accepted>[] = [];
  return {
    add: (submission: Promise<Accepted>) => void open.push(submission),
    async count(): Promise<number> {
      if (open.length < MOST) return open.length;
      // The ledger may be away; then nothing ends.
      const still = await unended(fleet, await Promise.all(open)).catch(() => undefined);
      if (still !== undefined) open = still.map((one) => Promise.resolve(one));
      return open.length;
    },
  };
}
