import { join } from 'node:path';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { suggest } from '@drylane/dispatcher/admit/suggest';
import type { Run } from '@drylane/dispatcher/ledger/event';
import type { RunQuery } from '@drylane/dispatcher/ledger/ledger';
import { openSqliteLedger } from '@drylane/dispatcher/ledger/sqlite';
import type { Digest } from '@drylane/proto/digest';
import type { Intent } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { makeStateDirectory } from '../state.ts';
import { type Patches, recall } from './record.ts';

/** The stores of a state directory. */
export async function openStores(stateDir: string) {
  makeStateDirectory(stateDir);
  return {
    ledger: await openSqliteLedger(join(stateDir, 'ledger.sqlite')),
    blobs: fileBlobs(join(stateDir, 'blobs')),
  };
}

/** A past rehearsal as it was reported. */
export interface PastReport {
  readonly report: Rehearsal;
  readonly approvalRequired: boolean;
  readonly command: string;
  /** Of the sealed raw output; null where none was kept. */
  readonly rawOutputDigest: Digest | null;
}

/** Reads past runs. A run is named by its id, or by `last`. */
export interface Records extends AsyncDisposable {
  list(query: RunQuery): Promise<readonly Run[]>;
  report(name: string): Promise<PastReport>;
  patches(name: string): Promise<Patches>;
  /** The sealed raw output. @throws DrylaneError `not-found` where none was kept. */
  rawOutput(name: string): Promise<Uint8Array>;
  /** The smallest intent that would have covered what the run did. */
  suggestion(name: string): Promise<Intent>;
}

export async function openRecords(stateDir: string): Promise<Records> {
  const { ledger, blobs } = await openStores(stateDir);

  async function find(name: string): Promise<Run> {
    if (name !== 'last') return (await ledger.readRun(runIdFrom(name))).run;
    const [newest] = await ledger.listRuns({ limit: 1 });
    if (newest !== undefined) return newest;
    throw new DrylaneError('not-found', {
      field: 'run',
      message: 'there are no runs yet',
      mend: "make one: drylane rehearse --read-only -- 'ls'",
    });
  }

  async function judged(name: string) {
    const run = await find(name);
    if (run.evidence_digest === null || run.decision_digest === null || run.verdict === null)
      throw new DrylaneError('not-found', {
        field: 'run',
        message: `${run.id} is ${run.state} and left no evidence`,
        mend: 'rehearse the command again',
      });
    const [evidence, judgement] = await Promise.all([
      recall(blobs, 'evidence', run.evidence_digest),
      recall(blobs, 'judgement', run.decision_digest),
    ]);
    return { run, evidence, judgement };
  }

  return {
    list: (query) => ledger.listRuns(query),
    async report(name) {
      const { run, evidence, judgement } = await judged(name);
      const { decision, risk, approval_required: approvalRequired, envelope } = judgement;
      const report: Rehearsal = {
        run_id: run.id,
        task: run.task,
        verdict: decision.verdict,
        risk,
        findings: decision.findings,
        evidence,
        change_set: null,
        receipt: null,
      };
      const { command } = envelope;
      return { report, approvalRequired, command, rawOutputDigest: run.raw_output_digest };
    },
    async patches(name) {
      const run = await find(name);
      return run.patches_digest === null ? [] : recall(blobs, 'patches', run.patches_digest);
    },
    async rawOutput(name) {
      const run = await find(name);
      if (run.raw_output_digest !== null) return blobs.get(run.raw_output_digest);
      throw new DrylaneError('not-found', {
        field: '--raw-output',
        message: `none was kept of ${run.id}`,
        mend: 'name who may open it in evidence.raw_output.seal_to of the policy, and rehearse again',
      });
    },
    async suggestion(name) {
      const { evidence, judgement } = await judged(name);
      return suggest(evidence, judgement.envelope, judgement.forbidden);
    },
    [Symbol.asyncDispose]: () => ledger.close(),
  };
}

function runIdFrom(text: string): RunId {
  const result = RunId.safeParse(text);
  if (result.success) return result.data;
  throw new DrylaneError('bad-input', {
    field: 'run',
    message: `${text} is not a run's id`,
    mend: 'drylane runs lists them; "last" names the newest',
  });
}
