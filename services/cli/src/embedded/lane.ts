import { randomBytes } from 'node:crypto';
import { scrubDocument } from '@drylane/chassis/redact/document';
import { looksSecret } from '@drylane/chassis/redact/environment';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { admit } from '@drylane/dispatcher/admit/admit';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import { type LoadedPolicy, rootsOf } from '@drylane/dispatcher/admit/load';
import { locate } from '@drylane/dispatcher/admit/locate';
import { classify } from '@drylane/dispatcher/classify/classify';
import { type Ended, end, NOTHING_KNOWN } from '@drylane/dispatcher/desk/ending';
import { expireRuns } from '@drylane/dispatcher/desk/expiry';
import { keep } from '@drylane/dispatcher/desk/record';
import { digestOfJson } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import type { Evidence } from '@drylane/proto/evidence';
import { type RunId, runId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { mintCanaries } from '@drylane/worker/evidence/canaries';
import type { Seal } from '@drylane/worker/evidence/sealed';
import { placeOf } from '@drylane/worker/promote/place';
import type { RehearsalRequest } from '@drylane/worker/rehearse/rehearse';
import { rehearse } from '@drylane/worker/rehearse/run';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import { type LocalDesk, openDesk } from './desk.ts';
import { isLanding, type Judged, judge, type Reported } from './judging.ts';
import { landing } from './landing.ts';
import { openPolicy } from './policy.ts';
import { type PromotionOptions, promoteRun } from './promotion.ts';
import { openQuarters, type Quarters } from './quarters.ts';
import { recoverRuns } from './recovery.ts';
import { rehearsalRequest } from './request.ts';
import { rerunner } from './rerunning.ts';
import { submitter } from './submitter.ts';

export interface LaneOptions {
  readonly stateDir: string;
  /** Undefined: the policy that comes with drylane. */
  readonly policyFile: string | undefined;
  /** Directories that whoever runs this process vouches for, beside those of the policy. */
  readonly roots: readonly string[];
  readonly runtime: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** The whole lane in this process: the same stages a fleet has, called in a row. */
export interface Lane extends AsyncDisposable {
  desk(): Promise<LocalDesk>;
  rehearse(envelope: Envelope): Promise<Reported>;
  promote(id: RunId, options: PromotionOptions): Promise<Ended & { readonly promotion: Promotion }>;
  /** Takes away what still stands and closes the stores. */
  close(): Promise<void>;
}

interface Parts {
  readonly options: LaneOptions;
  readonly policy: LoadedPolicy;
  readonly desk: LocalDesk;
  readonly quarters: Quarters;
}

/** Opens the lane. @throws DrylaneError when the policy does not load or this machine cannot rehearse. */
export async function openLane(options: LaneOptions): Promise<Lane> {
  const { stateDir, env } = options;
  // The engine is asked while the policy is read; what is wrong with the policy is said first.
  const opening = openQuarters(stateDir);
  opening.catch(() => undefined);
  const policy = await openPolicy(options.policyFile);
  const quarters = await opening;
  const desk = await openDesk(stateDir, env);
  // First, because a workspace that was left half done is not what anybody wants to rehearse on.
  await recoverRuns(desk);
  const expired = expireRuns(desk, Date.now()).catch(() => undefined);
  const parts: Parts = { options, policy, desk, quarters };
  const land = landing(
    desk,
    rerunner(async () => quarters.sandbox, desk, env),
  );
  const close = async (): Promise<void> => {
    await Promise.all([quarters.close(), expired]);
    await desk.close();
  };
  return {
    desk: async () => desk,
    rehearse: (envelope) => runOne(parts, envelope),
    promote: (id, choices) => promoteRun(desk, id, land, choices),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function runOne(parts: Parts, envelope: Envelope): Promise<Reported> {
  const { options, policy, desk, quarters } = parts;
  const id = runId(Date.now(), randomBytes(10));
  const admitted = await admitOrRefuse(parts, id, envelope);
  const canaries = mintCanaries(admitted.credentials, policy.policy.credentials, randomBytes);
  const redactor = createRedactor(canaries);
  const risk = scrubDocument(classify(admitted.command, policy.policy.risk), redactor);
  await desk.ledger.append(
    id,
    [
      {
        type: 'submitted',
        ...scrubDocument({ task: admitted.task, command: admitted.command }, redactor),
        envelope_digest: admitted.envelopeDigest,
        policy_digest: await keep(desk.blobs, policy.policy),
        owner: formatOwner(currentOwner()),
        submitter: submitter(),
      },
      { type: 'classified', score: risk.score, level: risk.level },
      // A rehearsal harms nothing, and whoever runs this process asked for it: that is its approval.
      { type: 'moved', to: 'rehearsing', reason: 'asked for by the user of this machine' },
    ],
    Date.now(),
  );
  const known = { ...NOTHING_KNOWN, intent: scrubDocument(admitted.envelope.intent, redactor), risk };
  const request = rehearsalRequest(id, admitted, canaries, options);
  try {
    const [seal, place] = await Promise.all([
      sealFor(policy, request),
      placeOf(admitted.workspace, admitted),
    ]);
    const mayLand = (evidence: Evidence): boolean => isLanding(policy, admitted, risk, evidence);
    let gone = Promise.resolve();
    const leaving = (taken: Promise<void>): void => {
      // Whoever judges waits for it, unless something else goes wrong first.
      taken.catch(() => undefined);
      gone = taken;
    };
    const handling = { redactor, seal, blobs: desk.blobs, mayLand, leaving };
    const rehearsed = await rehearse(quarters.sandbox, request, handling);
    const sealed = await seal?.end();
    const judged: Judged = { id, admitted, risk, redactor, rehearsed, place, sealed, gone };
    return await judge(desk, policy, judged);
  } catch (fault) {
    await end(desk, id, [{ type: 'moved', to: 'inconclusive', reason: 'the sandbox broke' }], known);
    throw fault;
  }
}

/** Lets an envelope in; one that policy refuses leaves a run and a receipt that say so. */
async function admitOrRefuse(
  { options, policy, desk }: Parts,
  id: RunId,
  envelope: Envelope,
): Promise<Admitted> {
  const located = await locate(envelope, rootsOf(policy, options.roots));
  try {
    return admit(envelope, policy.policy, { located, looksSecret });
  } catch (fault) {
    if (fault instanceof DrylaneError) await refuse(desk, policy, id, envelope, fault);
    throw fault;
  }
}

async function refuse(
  desk: LocalDesk,
  policy: LoadedPolicy,
  id: RunId,
  envelope: Envelope,
  fault: DrylaneError,
): Promise<void> {
  const redactor = createRedactor([]);
  const reason = fault.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  const { task = null, command, intent } = scrubDocument(envelope, redactor);
  const submitted = {
    type: 'submitted',
    ...{ task, command, envelope_digest: digestOfJson(envelope) },
    policy_digest: await keep(desk.blobs, policy.policy),
    owner: formatOwner(currentOwner()),
    submitter: submitter(),
  } as const;
  const refused = { type: 'moved', to: 'refused', reason: redactor.text(reason).text } as const;
  await end(desk, id, [submitted, refused], { ...NOTHING_KNOWN, intent });
}

/** Raw output is kept for those whom policy names, and for nobody else. */
async function sealFor({ policy }: LoadedPolicy, { limits }: RehearsalRequest): Promise<Seal | undefined> {
  const kept = policy.evidence.raw_output;
  if (kept === undefined) return undefined;
  // Loaded when it is needed: it takes longer than a rehearsal.
  const { openSeal } = await import('@drylane/worker/evidence/sealed');
  return openSeal(kept.seal_to, limits.outputBytes);
}
