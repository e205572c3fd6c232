import type { Digest } from '@drylane/proto/digest';
import type { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { openDossier } from '../desk/dossier.ts';
import { type Judgement, promotionOf, recall, receiptRefOf } from '../desk/record.ts';
import type { Fleet } from '../dispatch/fleet.ts';
import type { Content, Service } from '../http/service.ts';
import type { Run } from '../ledger/event.ts';
import { followRun } from './following.ts';
import { absent, sheetFor } from './sheets.ts';

type Reading = Pick<
  Service,
  | 'find'
  | 'list'
  | 'events'
  | 'report'
  | 'evidence'
  | 'patches'
  | 'sheet'
  | 'words'
  | 'receipt'
  | 'changeSet'
  | 'layer'
  | 'bases'
  | 'patch'
>;

/** Everything of the service that only reads. */
export function readingOf({ desk, bell }: Pick<Fleet, 'desk' | 'bell'>): Reading {
  const { ledger, blobs } = desk;
  const find = async (id: RunId) => (await ledger.readRun(id)).run;
  const changeSet = async (id: RunId) => {
    const { change_set_digest: digest } = await find(id);
    if (digest === null) throw absent(id, 'has no changes that can land', 'see its diff');
    return recall(blobs, 'change set', digest);
  };
  const content = ({ digest, size }: { readonly digest: Digest; readonly size: number }): Content => ({
    size,
    bytes: blobs.open(digest),
  });
  return {
    find,
    list: ({ tenants, ...query }) => ledger.listRuns(tenants === 'all' ? query : { ...query, tenants }),
    events: (id, query) => followRun({ ledger, bell }, id, query),
    async report(id) {
      const { run, evidence, judgement, outcome } = await openDossier(desk, id);
      const { decision, risk } = judgement;
      const digest = run.change_set_digest;
      return {
        ...{ run_id: id, task: run.task, verdict: decision.verdict, risk, findings: decision.findings },
        ...{ evidence, state: run.state, change_set: digest === null ? null : { digest } },
        receipt: await receiptRefOf(desk, id),
        promotion: await promotionOf(blobs, outcome),
      };
    },
    evidence: async (id) => (await openDossier(desk, id)).evidence,
    async patches(id) {
      const { patches_digest: digest } = await find(id);
      if (digest === null) throw absent(id, 'was not rehearsed', 'wait until it is');
      return recall(blobs, 'patches', digest);
    },
    sheet: (id, lane) => sheetFor(desk, id, lane),
    async words(id) {
      const { evidence_digest: evidence } = await find(id);
      const { approvals, missing } = await sheetFor(desk, id, evidence === null ? 'rehearsal' : 'live');
      return { approvals, missing };
    },
    async receipt(id) {
      const receipt = await ledger.receiptOf(id);
      if (receipt === undefined)
        throw absent(id, 'has not ended', 'only an end leaves a receipt: wait for it');
      return receipt;
    },
    changeSet,
    layer: async (id) => content((await changeSet(id)).layer),
    async bases(id) {
      const { bases } = await changeSet(id);
      if (bases === null) throw absent(id, 'changes no text that was there before', 'do without');
      return content(bases);
    },
    async patch(id) {
      const { run, judgement } = await openDossier(desk, id);
      const patch = judgement.git?.patch ?? null;
      if (patch === null || run.change_set_digest === null) throw patchless(id, run, judgement);
      return content(patch);
    },
  };
}

function patchless(id: RunId, { change_set_digest: changes }: Run, { git }: Judgement): DrylaneError {
  if (changes === null) return absent(id, 'has no changes that can land', 'see its diff');
  const message = git === undefined ? 'was rehearsed on no git tree' : 'changed what no patch can carry';
  return absent(id, message, `drylane apply ${id} --workspace DIR applies it where its files are`);
}
