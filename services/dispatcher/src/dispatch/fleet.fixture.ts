import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { inlineTransport } from '@drylane/chassis/transport/inline';
import type { Json, Transport } from '@drylane/chassis/transport/transport';
import type { Verdict } from '@drylane/proto/decision';
import { digestOfJson } from '@drylane/proto/digest';
import { Envelope } from '@drylane/proto/envelope';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import { RunId } from '@drylane/proto/ids';
import { Policy } from '@drylane/proto/policy';
import { Job, QUEUES } from '@drylane/proto/task';
import { keep, recall } from '../desk/record.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';
import { openSigner } from '../receipt/keys.ts';
import { createBell } from './bell.ts';
import { entranceFromAfar } from './entrance.ts';
import type { Fleet } from './fleet.ts';
import { keeper } from './keeper.ts';
import { settleWork } from './settle.ts';
import { type Asked, submit } from './submit.ts';

const policy = Policy.parse({ version: 1, workspaces: { roots: ['/srv'] } });
export const LIMITS = { window: 2, waitingOfTenant: 3, waiting: 5, givenUpMs: 60_000 };

/** Everything that runs of a fleet need but workers; tests put other parts in the place of some. */
export interface Place extends AsyncDisposable {
  /** The directory that all of it is kept in. */
  readonly state: string;
  readonly ledger: Ledger;
  transport: Transport;
  fleet: Fleet;
}

export async function openPlace(): Promise<Place> {
  const state = mkdtempSync(join(tmpdir(), 'drylane-fleet-'));
  const ledger = await openSqliteLedger(join(state, 'ledger.sqlite'));
  const key = await openSigner({ directory: join(state, 'keys'), env: {} });
  const transport = inlineTransport({ queues: QUEUES, keep: 100 });
  const blobs = fileBlobs(join(state, 'blobs'));
  const desk = {
    ...{ ledger, blobs },
    signer: async () => key,
    proven: async <T>(approvals: T) => approvals,
  };
  const loaded = { policy, digest: digestOfJson(policy), rules: [], tests: [], shipped: false };
  const door = { entrance: entranceFromAfar(policy), bell: createBell() };
  const quiet = { ...door, redactor: createRedactor([]), nudge: () => {}, told: () => {}, stuck: () => {} };
  const place: Place = {
    ...{ state, ledger, transport },
    fleet: { desk, policy: loaded, keepPolicy: keeper(blobs, policy), transport, limits: LIMITS, ...quiet },
    async [Symbol.asyncDispose]() {
      await place.transport[Symbol.asyncDispose]();
      await ledger.close();
      rmSync(state, { recursive: true });
    },
  };
  return place;
}

export const asked = (fields: Partial<Envelope> = {}, more: Partial<Asked> = {}): Asked => ({
  envelope: Envelope.parse({
    ...{ command: 'ls', working_dir: '/srv/site', intent: { mode: 'read-only' } },
    ...fields,
  }),
  ...{ tenant: 'web', submitter: 'token:ci', promote: false },
  ...more,
});

export const GIT = {
  working_dir: '/workspace',
  workspace: { git: { url: 'https://git.example/a', ref: 'main' } },
};

export const NOTHING_TO_LAND = {
  ...{ change_set: null, patch: null, raw_output: null, place: null, commit: null, took_ms: 1 },
};

/** Serves as workers and a comparator do, with this verdict; `more` is what else the worker says. */
export function serve(
  { fleet, transport }: Place,
  verdict: Verdict,
  answer?: Json,
  more: object = {},
  settle = settleWork(fleet),
): void {
  const { blobs } = fleet.desk;
  const options = { concurrency: 4 };
  transport.serve('rehearse', async () => null, options);
  const decide = async (data: Json): Promise<Json> => {
    const task = await recall(blobs, 'task', Job.parse(data).task);
    const [evidence, patches] = [await keep(blobs, blankEvidence()), await keep(blobs, [])];
    const grounds = { policy_digest: task.policy, evidence_digest: evidence, change_set_digest: null };
    const rehearsed = { ok: true, evidence, patches, ...NOTHING_TO_LAND, ...more };
    return {
      ...{ ok: true, rehearsed },
      decision: { verdict, findings: [], ...grounds },
    };
  };
  transport.serve('compare', async ({ data }) => answer ?? decide(data), options);
  transport.serve('settle', settle, options);
}

/** The state that a run comes to. */
export async function stateOf(
  { ledger }: Place,
  id: string,
  isIt: (state: string) => boolean,
): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const { run } = await ledger.readRun(RunId.parse(id));
    if (isIt(run.state)) return run.state;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return (await ledger.readRun(RunId.parse(id))).run.state;
}

/** Submits, and answers the run's id. */
export async function taken({ fleet }: Place, one: Asked): Promise<string> {
  const answer = await submit(fleet, one);
  if (answer.outcome !== 'taken') throw new Error(answer.outcome);
  return answer.run.id;
}
