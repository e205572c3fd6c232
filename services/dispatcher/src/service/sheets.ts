import type { Lane } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { milliseconds } from '@drylane/proto/quantities';
import { type Sheet, sheetOf } from '@drylane/proto/sheet';
import type { Source } from '@drylane/proto/task';
import { openUnrehearsed } from '../desk/before.ts';
import type { Desk } from '../desk/desk.ts';
import { type Dossier, openDossier, standing } from '../desk/dossier.ts';
import { recall } from '../desk/record.ts';
import { sourceOf } from '../dispatch/place.ts';
import { diffOf } from '../receipt/receipt.ts';

/** All that an approver has to be shown of a run, for a lane. @throws DrylaneError `not-found` before there is anything. */
export async function sheetFor(desk: Desk, id: RunId, lane: Lane): Promise<Sheet> {
  return lane === 'live' ? liveSheet(desk, await openDossier(desk, id)) : rehearsalSheet(desk, id);
}

async function liveSheet(desk: Desk, dossier: Dossier): Promise<Sheet> {
  const { run, evidence, judgement, approvals, subject, policy, mode } = dossier;
  const { decision, risk, envelope, forbidden } = judgement;
  const now = await standing(desk, dossier, Date.now());
  const patches = run.patches_digest === null ? [] : await recall(desk.blobs, 'patches', run.patches_digest);
  const { network, credentials = [] } = envelope.intent;
  const isRerun = mode === 'rerun';
  const waits = run.state === 'awaiting-live-approval' || run.state === 'promotable';
  return sheetOf(
    {
      ...{ state: run.state, subject, submitter: run.submitter, envelope, forbidden, risk, evidence },
      landing: {
        workspace: workspaceOf(dossier),
        hosts: isRerun && network !== undefined && network !== 'none' ? network : [],
        credentials: isRerun
          ? credentials.map((name) => ({ name, from: policy.credentials[name]?.live?.env ?? null }))
          : [],
      },
      ...{ verdict: decision.verdict, findings: decision.findings, diff: diffOf(evidence) },
      approvals: [...approvals],
      waits_until_ms: waits ? run.updated_ms + milliseconds(policy.approvals.live.expires) : null,
      missing: now.status === 'missing' ? now.need - now.have : 0,
    },
    patches,
  );
}

/** What was rehearsed on, whatever the names in the envelope lead to by now. */
function workspaceOf({ judgement: { workspace, git, envelope } }: Dossier): Source {
  if (workspace !== undefined) return { path: workspace.path };
  const source = sourceOf(envelope);
  return git !== undefined && 'git' in source ? { git: { url: source.git.url, ref: git.commit } } : source;
}

async function rehearsalSheet(desk: Desk, id: RunId): Promise<Sheet> {
  const { run, task, subject, approvals } = await openUnrehearsed(desk, id);
  const policy = await recall(desk.blobs, 'policy', run.policy_digest);
  const waits = run.state === 'awaiting-rehearsal-approval';
  return sheetOf(
    {
      ...{ state: run.state, subject, submitter: run.submitter, envelope: task.envelope },
      ...{ forbidden: task.allowed.forbidden_paths, risk: task.risk, evidence: null },
      landing: { workspace: task.source, hosts: [], credentials: [] },
      ...{ verdict: null, findings: [], diff: null, approvals: [...approvals], missing: waits ? 1 : 0 },
      waits_until_ms: waits ? run.updated_ms + milliseconds(policy.approvals.live.expires) : null,
    },
    [],
  );
}

/** The refusal of what was not kept. */
export function absent(field: string, message: string, mend: string): DrylaneError {
  return new DrylaneError('not-found', { field, message, mend });
}
