import type { Verdict } from '@drylane/proto/decision';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import { RunId } from '@drylane/proto/ids';
import { keep } from '../desk/record.ts';
import { asked, NOTHING_TO_LAND, type Place, taken } from '../dispatch/fleet.fixture.ts';
import { settleWork } from '../dispatch/settle.ts';

/** An envelope on an uploaded directory, which no worker lets land. */
export const SNAPSHOT: Partial<Envelope> = {
  working_dir: '/workspace',
  workspace: { snapshot: digestOfJson('a tree') },
};

interface Landable {
  readonly fields?: Partial<Envelope>;
  readonly verdict?: Verdict;
  /** What its rehearsal changed; it is in the blobs. */
  readonly changeSet?: Digest | null;
  /** What else its worker says. */
  readonly more?: object;
}

/** A run of `token:owner` that was rehearsed, on a snapshot if nothing else is said. */
export async function rehearsedRun(place: Place, landable: Landable = {}): Promise<RunId> {
  const { fields = SNAPSHOT, verdict = 'promote', changeSet = null, more = {} } = landable;
  const { fleet, ledger } = place;
  const { blobs } = fleet.desk;
  const id = RunId.parse(await taken(place, asked(fields, { submitter: 'token:owner' })));
  const { run } = await ledger.readRun(id);
  await ledger.append(id, [{ type: 'moved', to: 'rehearsing', reason: null }], Date.now());
  const [evidence, patches] = [await keep(blobs, blankEvidence()), await keep(blobs, [])];
  const grounds = {
    policy_digest: run.policy_digest,
    evidence_digest: evidence,
    change_set_digest: changeSet,
  };
  const value = {
    ...{ ok: true, decision: { verdict, findings: [], ...grounds } },
    rehearsed: { ok: true, evidence, patches, ...NOTHING_TO_LAND, change_set: changeSet, ...more },
  };
  const data = { run: id, lane: 'rehearsal', task: run.task_digest ?? '' } as const;
  const { signal } = new AbortController();
  await settleWork(fleet)({ data, before: { ok: true, value }, attempt: 1, flow: id, trace: null, signal });
  return id;
}
