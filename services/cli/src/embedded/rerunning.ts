import { scrubDocument } from '@drylane/chassis/redact/document';
import { looksSecret } from '@drylane/chassis/redact/environment';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { compare } from '@drylane/comparator/compare/compare';
import type { Strictness } from '@drylane/comparator/compare/comparison';
import { diverge } from '@drylane/comparator/compare/diverge';
import { admit } from '@drylane/dispatcher/admit/admit';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import { locate } from '@drylane/dispatcher/admit/locate';
import type { Dossier } from '@drylane/dispatcher/desk/dossier';
import { keep } from '@drylane/dispatcher/desk/record';
import { digestOfJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { Evidence } from '@drylane/proto/evidence';
import type { Policy } from '@drylane/proto/policy';
import { NOTHING_TOLD, type Promotion } from '@drylane/proto/promotion';
import type { Place } from '@drylane/proto/task';
import { land } from '@drylane/worker/promote/land';
import { isUntouched, WORKSPACE_DRIFT } from '@drylane/worker/promote/place';
import { rerun } from '@drylane/worker/promote/rerun';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';
import type { LocalDesk } from './desk.ts';
import { strictnessOf } from './judging.ts';
import type { Landing } from './promotion.ts';
import { rehearsalRequest } from './request.ts';

/**
 * Lands a run by running its command once more, with the hosts and credentials that were declared and that policy grants;
 * what it changes lands if it did what its rehearsal did.
 */
export function rerunner(sandbox: () => Promise<Sandbox>, desk: LocalDesk, env: NodeJS.ProcessEnv): Landing {
  return async (dossier, _, begin) => {
    const admitted = await admitAgain(dossier);
    const credentials = grantedCredentials(admitted.credentials, dossier.policy, env);
    const place = placeIn(dossier);
    return run(desk, await sandbox(), { dossier, admitted, credentials, env, begin, place });
  };
}

interface Live {
  readonly dossier: Dossier;
  readonly admitted: Admitted;
  readonly credentials: readonly KnownSecret[];
  readonly env: NodeJS.ProcessEnv;
  readonly begin: () => Promise<void>;
  readonly place: Place;
}

async function run(desk: LocalDesk, sandbox: Sandbox, live: Live): Promise<Promotion> {
  const { dossier, admitted, credentials, env, begin, place } = live;
  const { judgement, evidence: rehearsal, subject } = dossier;
  if (!(await isUntouched(place))) {
    await begin();
    return { ...NOTHING_TOLD, mode: 'rerun' as const, result: 'drifted', drifts: [WORKSPACE_DRIFT] };
  }
  const { image, runtime } = rehearsal.fidelity;
  const { canaries, ...asked } = rehearsalRequest(subject.run, admitted, credentials, {
    runtime: runtime === DEFAULT_RUNTIME ? null : runtime,
    env,
  });
  // The image that was rehearsed, whatever its name stands for by now.
  const request = { ...asked, image, credentials: canaries, begin: () => beginUntouched(place, begin) };
  const redactor = createRedactor(credentials);
  const policy = await strictnessUnder(dossier.policy);
  const { envelope, risk } = judgement;
  const divergencesOf = (evidence: Evidence) =>
    diverge({
      rehearsal: { evidence: rehearsal, findings: judgement.decision.findings },
      live: { evidence, findings: compare({ allowance: admitted, policy, envelope, risk, evidence }) },
      allowance: admitted,
    });
  const rerunning = await rerun(sandbox, request, {
    ...{ redactor, blobs: desk.blobs },
    mayLand: (seen) => divergencesOf(scrubDocument(seen, redactor)).length === 0,
  });
  // Names too: what stands in one may be the real value.
  const evidence = scrubDocument(rerunning.evidence, redactor);
  const divergences = divergencesOf(evidence);
  const told = {
    ...NOTHING_TOLD,
    mode: 'rerun' as const,
    divergences: scrubDocument([...divergences], redactor),
    evidence_digest: await keep(desk.blobs, evidence),
  };
  const { changeSet } = rerunning;
  if (divergences.length > 0) return { ...told, result: 'diverged' };
  if (changeSet === null) return { ...told, result: 'promoted' };
  const applied = await land(desk, { runId: subject.run, place, merge: false, ...changeSet });
  return { ...told, ...applied };
}

/** The rules that the run was decided under; they are loaded where there are any. */
async function strictnessUnder(policy: Policy): Promise<Strictness> {
  if (policy.rules.length === 0) return strictnessOf({ policy, rules: [] });
  const { compileRules } = await import('@drylane/proto/rules/compile-rules');
  const result = compileRules(policy.rules);
  if (result.ok) return strictnessOf({ policy, rules: result.compiled });
  throw new DrylaneError('not-promotable', {
    field: 'policy',
    message: 'has a rule that this drylane does not understand',
    mend: 'rehearse again',
  });
}

const DEFAULT_RUNTIME = 'runc';

/** Claims the run, right before its command can start, if its workspace is still what was approved. */
async function beginUntouched(place: Place, begin: () => Promise<void>): Promise<void> {
  if (await isUntouched(place)) return begin();
  throw new DrylaneError('not-promotable', {
    field: 'workspace',
    message: 'was changed while the run was made ready; nothing was run',
    mend: 'try again: drylane apply tells whether it is drift',
  });
}

/** Admits the envelope again under the policy that it was decided under. */
async function admitAgain({ run: { id, envelope_digest }, judgement, policy }: Dossier): Promise<Admitted> {
  const { envelope, workspace } = judgement;
  if (digestOfJson(envelope) !== envelope_digest)
    throw new DrylaneError('not-promotable', {
      field: id,
      message: 'its envelope held what looks like a secret, which was not kept, so it cannot run again',
      mend: 'declare it as a credential, and rehearse again',
    });
  const located = await locate(envelope, workspace === undefined ? [] : [workspace.path]);
  return admit(envelope, policy, { located, looksSecret });
}

function placeIn({ run, judgement: { workspace } }: Dossier): Place {
  if (workspace !== undefined) return workspace;
  throw new DrylaneError('not-promotable', {
    field: run.id,
    message: 'was rehearsed by a drylane that could not run commands again',
    mend: 'rehearse again',
  });
}

/** The real values of the credentials that were declared. @throws DrylaneError `not-promotable` where one is not there. */
function grantedCredentials(
  names: readonly string[],
  policy: Policy,
  env: NodeJS.ProcessEnv,
): readonly KnownSecret[] {
  return names.map((name) => {
    const source = policy.credentials[name]?.live?.env;
    const value = source === undefined ? undefined : env[source];
    if (value !== undefined && value !== '') return { name, value };
    throw new DrylaneError('not-promotable', {
      field: `credentials.${name}`,
      message:
        source === undefined ? 'policy grants no live value' : `${source} is not set where drylane runs`,
      mend:
        source === undefined
          ? `name its source in the policy: credentials.${name}.live.env`
          : `set ${source} in the environment of drylane`,
    });
  });
}
