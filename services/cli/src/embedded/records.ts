import { suggest } from '@drylane/dispatcher/admit/suggest';
import { type Dossier, openDossier } from '@drylane/dispatcher/desk/dossier';
import { type Patches, promotionOf, recall, receiptRefOf } from '@drylane/dispatcher/desk/record';
import type { Run } from '@drylane/dispatcher/ledger/event';
import type { Ledger, ListQuery } from '@drylane/dispatcher/ledger/ledger';
import type { Intent } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import type { Execution } from '@drylane/proto/promotion';
import type { SignedReceipt } from '@drylane/proto/receipt';
import { type LocalDesk, openDesk } from './desk.ts';

export { type Dossier, standing } from '@drylane/dispatcher/desk/dossier';

/** A past run: what was reported of it, what came of it, and what only people are shown. */
export interface PastReport {
  readonly report: Execution;
  readonly dossier: Dossier;
  readonly approvalRequired: boolean;
}

/** Reads past runs. A run is named by its id, or by `last`. */
export interface Records extends AsyncDisposable {
  list(query: ListQuery): Promise<readonly Run[]>;
  report(name: string): Promise<PastReport>;
  patches(name: string): Promise<Patches>;
  /** The sealed raw output. @throws DrylaneError `not-found` where none was kept. */
  rawOutput(name: string): Promise<Uint8Array>;
  /** The smallest intent that would have covered what the run did. */
  suggestion(name: string): Promise<Intent>;
  /** The receipt that the run's end left. @throws DrylaneError `not-found` while it has not ended. */
  receipt(name: string): Promise<SignedReceipt>;
  /** Every receipt there is, in the order of their chain. */
  receipts(): AsyncIterable<SignedReceipt>;
}

export async function openRecords(stateDir: string): Promise<Records> {
  const desk = await openDesk(stateDir, {});
  const { ledger, blobs } = desk;
  const find = async (name: string): Promise<Run> => (await ledger.readRun(await runNamed(ledger, name))).run;
  return {
    list: (query) => ledger.listRuns(query),
    report: async (name) => reportOf(desk, await runNamed(ledger, name)),
    async patches(name) {
      const { run } = await openDossier(desk, await runNamed(ledger, name));
      return patchesOf(desk, run);
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
      const { evidence, judgement } = await openDossier(desk, await runNamed(ledger, name));
      return suggest(evidence, judgement.envelope, judgement.forbidden);
    },
    async receipt(name) {
      const run = await find(name);
      const receipt = await ledger.receiptOf(RunId.parse(run.id));
      if (receipt !== undefined) return receipt;
      throw new DrylaneError('not-found', {
        field: 'run',
        message: `${run.id} is ${run.state}: it has not ended, and only an end leaves a receipt`,
        mend: endOf(run),
      });
    },
    receipts: () => allReceipts(ledger),
    [Symbol.asyncDispose]: () => desk.close(),
  };
}

/** How a run comes to an end. */
function endOf({ id, state }: Run): string {
  if (state === 'awaiting-live-approval') return `drylane approve ${id}, or drylane reject ${id}`;
  if (state === 'promotable') return `drylane apply ${id}, or drylane reject ${id}`;
  return 'try again when it has ended';
}

const PAGE = 500;

async function* allReceipts(ledger: Ledger): AsyncGenerator<SignedReceipt> {
  for (let from = 0; ; from += PAGE) {
    const page = await ledger.receipts({ from, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
  }
}

/** What was reported of a run, and what came of it since. */
export async function reportOf(desk: LocalDesk, id: RunId): Promise<PastReport> {
  const dossier = await openDossier(desk, id);
  const { run, evidence, judgement } = dossier;
  const { decision, risk, approval_required: approvalRequired } = judgement;
  const [receipt, promotion] = await Promise.all([
    receiptRefOf(desk, id),
    promotionOf(desk.blobs, dossier.outcome),
  ]);
  const report: Execution = {
    run_id: RunId.parse(run.id),
    task: run.task,
    verdict: decision.verdict,
    risk,
    findings: decision.findings,
    evidence,
    change_set: run.change_set_digest === null ? null : { digest: run.change_set_digest },
    receipt,
    state: run.state,
    promotion,
  };
  return { report, dossier, approvalRequired };
}

/** The diffs of what a run changed. */
export async function patchesOf({ blobs }: Pick<LocalDesk, 'blobs'>, run: Run): Promise<Patches> {
  return run.patches_digest === null ? [] : recall(blobs, 'patches', run.patches_digest);
}

/** The id of a run that is named by it, or by `last`. */
export async function runNamed(ledger: Pick<Ledger, 'listRuns'>, name: string): Promise<RunId> {
  if (name !== 'last') return runIdFrom(name);
  const [newest] = await ledger.listRuns({ limit: 1 });
  if (newest !== undefined) return RunId.parse(newest.id);
  throw new DrylaneError('not-found', {
    field: 'run',
    message: 'there are no runs yet',
    mend: "make one: drylane rehearse --read-only -- 'ls'",
  });
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
