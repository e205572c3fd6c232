import { randomBytes } from 'node:crypto';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { looksSecret } from '@drylane/chassis/redact/environment';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import { createRedactor, type Redactor } from '@drylane/chassis/redact/redact';
import { compare } from '@drylane/comparator/compare/compare';
import { decide } from '@drylane/comparator/decide/decide';
import { admit } from '@drylane/dispatcher/admit/admit';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import { type LoadedPolicy, rootsOf } from '@drylane/dispatcher/admit/load';
import { locate } from '@drylane/dispatcher/admit/locate';
import { stateAfterDecision } from '@drylane/dispatcher/admit/next';
import { classify } from '@drylane/dispatcher/classify/classify';
import { SETTLEMENT } from '@drylane/dispatcher/ledger/advance';
import type { Ledger } from '@drylane/dispatcher/ledger/ledger';
import type { Envelope } from '@drylane/proto/envelope';
import { type RunId, runId } from '@drylane/proto/ids';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import type { Risk } from '@drylane/proto/risk';
import { mintCanaries } from '@drylane/worker/evidence/canaries';
import type { Seal } from '@drylane/worker/evidence/sealed';
import type { RehearsalRequest } from '@drylane/worker/rehearse/rehearse';
import { type Rehearsed, rehearse } from '@drylane/worker/rehearse/run';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine, type Engine } from '@drylane/worker/sandbox/engine';
import { chooseGiver } from '@drylane/worker/sandbox/giver';
import { currentOwner, formatOwner, mayBeAlive, parseOwner } from '@drylane/worker/sandbox/owner';
import { reap } from '@drylane/worker/sandbox/reaper';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';
import { openPolicy } from './policy.ts';
import { type Judgement, keep, scrubAll } from './record.ts';
import { openStores } from './records.ts';

export interface LaneOptions {
  readonly stateDir: string;
  /** Undefined: the policy that comes with drylane. */
  readonly policyFile: string | undefined;
  /** Directories that whoever runs this process vouches for, beside those of the policy. */
  readonly roots: readonly string[];
  readonly runtime: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** A rehearsal's document, and whether its live run would need a person. */
export interface Reported {
  readonly report: Rehearsal;
  readonly approvalRequired: boolean;
}

/** The whole lane in this process: the same stages a fleet has, called in a row. */
export interface Lane extends AsyncDisposable {
  rehearse(envelope: Envelope): Promise<Reported>;
  /** Takes away what still stands and closes the stores. */
  close(): Promise<void>;
}

interface Parts {
  readonly options: LaneOptions;
  readonly policy: LoadedPolicy;
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly sandbox: Sandbox;
}

/** Opens the lane. @throws DrylaneError when the policy does not load or this machine cannot rehearse. */
export async function openLane(options: LaneOptions): Promise<Lane> {
  const policy = await openPolicy(options.policyFile);
  const engine = await connectEngine();
  const { stateDir } = options;
  const { ledger, blobs } = await openStores(stateDir);
  const sandbox = dockerSandbox({ engine, stateDir, giver: chooseGiver(engine) });
  const parts: Parts = { options, policy, ledger, blobs, sandbox };
  const tidied = tidy(engine, parts);
  const close = async (): Promise<void> => {
    await Promise.all([sandbox.close(), tidied]);
    await ledger.close();
  };
  return { rehearse: (envelope) => runOne(parts, envelope), close, [Symbol.asyncDispose]: close };
}

async function runOne(
  { options, policy, ledger, blobs, sandbox }: Parts,
  envelope: Envelope,
): Promise<Reported> {
  const located = await locate(envelope, rootsOf(policy, options.roots));
  const admitted = admit(envelope, policy.policy, { located, looksSecret });
  const canaries = mintCanaries(admitted.credentials, policy.policy.credentials, randomBytes);
  const redactor = createRedactor(canaries);
  const risk = scrubAll(classify(admitted.command, policy.policy.risk), redactor);
  const id = runId(Date.now(), randomBytes(10));
  await ledger.append(
    id,
    [
      {
        type: 'submitted',
        ...scrubAll({ task: admitted.task, command: admitted.command }, redactor),
        envelope_digest: admitted.envelopeDigest,
        policy_digest: admitted.policyDigest,
        owner: formatOwner(currentOwner()),
      },
      { type: 'classified', score: risk.score, level: risk.level },
      // A rehearsal harms nothing, and whoever runs this process asked for it: that is its approval.
      { type: 'moved', to: 'rehearsing', reason: 'asked for by the user of this machine' },
    ],
    Date.now(),
  );
  const request = rehearsalRequest(id, admitted, canaries, options);
  try {
    const seal = await sealFor(policy, request);
    const rehearsed = await rehearse(sandbox, request, { redactor, seal });
    const sealed = await seal?.end();
    return await settle({ ledger, blobs, policy }, { id, admitted, risk, redactor, rehearsed, sealed });
  } catch (fault) {
    await ledger.append(id, [{ type: 'moved', to: 'inconclusive', reason: 'the sandbox broke' }], Date.now());
    throw fault;
  }
}

/** Raw output is kept for those whom policy names, and for nobody else. */
async function sealFor({ policy }: LoadedPolicy, { limits }: RehearsalRequest): Promise<Seal | undefined> {
  const kept = policy.evidence.raw_output;
  if (kept === undefined) return undefined;
  // Loaded when it is needed: it takes longer than a rehearsal.
  const { openSeal } = await import('@drylane/worker/evidence/sealed');
  return openSeal(kept.seal_to, limits.outputBytes);
}

function rehearsalRequest(
  id: RunId,
  admitted: Admitted,
  canaries: readonly KnownSecret[],
  { runtime, env }: LaneOptions,
): RehearsalRequest {
  const { command, shell, workspace, workingDir, image, limits, network } = admitted;
  const given = [...Object.keys(admitted.env), ...canaries.map(({ name }) => name)];
  const kept = new Set(['PATH', 'HOME', 'LANG', 'PWD', 'SHLVL', '_', ...given]);
  return {
    ...{ runId: id, command, shell, workspace, workingDir, image, runtime, limits, env: admitted.env },
    ...{ canaries, network },
    expected: admitted.expectedWrites,
    forbidden: admitted.forbiddenPaths,
    strippedEnv: Object.keys(env)
      .filter((name) => !kept.has(name))
      .sort(),
  };
}

interface Judged {
  readonly id: RunId;
  readonly admitted: Admitted;
  readonly risk: Risk;
  readonly redactor: Redactor;
  readonly rehearsed: Rehearsed;
  /** The raw output, sealed; only where policy says so. */
  readonly sealed: Uint8Array | undefined;
}

/** Compares, decides, and keeps the record; the blobs are there before the ledger speaks of them. */
async function settle(
  { ledger, blobs, policy }: Pick<Parts, 'ledger' | 'blobs' | 'policy'>,
  { id, admitted, risk, redactor, rehearsed: { evidence, patches }, sealed }: Judged,
): Promise<Reported> {
  const findings = compare({ allowance: admitted, risk, evidence });
  const [evidenceDigest, patchesDigest] = await Promise.all([keep(blobs, evidence), keep(blobs, patches)]);
  const decision = decide(findings, {
    policyDigest: policy.digest,
    evidenceDigest,
    changeSetDigest: null,
  });
  const state = stateAfterDecision(decision.verdict, risk, policy.policy);
  const approvalRequired = stateAfterDecision('promote', risk, policy.policy) === 'awaiting-live-approval';
  const judgement: Judgement = {
    decision,
    risk,
    envelope: scrubAll(admitted.envelope, redactor),
    forbidden: scrubAll([...admitted.forbiddenPaths], redactor),
    approval_required: approvalRequired,
  };
  await ledger.append(
    id,
    [
      {
        ...{ type: 'rehearsed', evidence_digest: evidenceDigest, patches_digest: patchesDigest },
        ...(sealed === undefined ? {} : { raw_output_digest: await blobs.put(sealed) }),
      },
      { type: 'decided', verdict: decision.verdict, decision_digest: await keep(blobs, judgement) },
      { type: 'moved', to: state, reason: null },
    ],
    Date.now(),
  );
  const report: Rehearsal = {
    run_id: id,
    task: admitted.task === null ? null : redactor.text(admitted.task).text,
    verdict: decision.verdict,
    risk,
    findings: decision.findings,
    evidence,
    change_set: null,
    receipt: null,
  };
  return { report, approvalRequired };
}

/** Removes what killed processes left, and ends the runs they were at; beside the rehearsal, not before it. */
async function tidy(engine: Engine, { ledger, options }: Parts): Promise<void> {
  await reap(engine, options.stateDir).catch(() => undefined);
  for (const run of await ledger.unsettled()) {
    const owner = parseOwner(run.owner);
    if (owner === undefined || mayBeAlive(owner)) continue;
    const moves = SETTLEMENT[run.state as keyof typeof SETTLEMENT];
    const events = moves.map((to) => ({ type: 'moved' as const, to, reason: 'its process died' }));
    // Another process may settle it at the same moment; the transition table lets only one.
    await ledger.append(run.id, events, Date.now()).catch(() => undefined);
  }
}
