import { randomBytes } from 'node:crypto';
import { scrubDocument } from '@drylane/chassis/redact/document';
import { looksSecret } from '@drylane/chassis/redact/environment';
import { inject, inSpan } from '@drylane/chassis/tracing/tracing';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { type RunId, runId } from '@drylane/proto/ids';
import type { Risk } from '@drylane/proto/risk';
import { admit } from '../admit/admit.ts';
import type { Admitted } from '../admit/admitted.ts';
import { classify } from '../classify/classify.ts';
import { issuerFor, NOTHING_KNOWN } from '../desk/ending.ts';
import { keep } from '../desk/record.ts';
import type { LedgerEvent, Run } from '../ledger/event.ts';
import type { NewRun } from '../ledger/ledger.ts';
import type { Fleet } from './fleet.ts';
import { sourceOf } from './place.ts';
import { secretProblems } from './secrets.ts';
import { rehearsalTask } from './task.ts';

/** What somebody asks a fleet to rehearse. */
export interface Asked {
  readonly envelope: Envelope;
  readonly tenant: string;
  /** Who asks, and so cannot approve. */
  readonly submitter: string;
  /** Whether it may land. */
  readonly promote: boolean;
}

export type Taken =
  | { readonly outcome: 'taken'; readonly run: Run; readonly isNew: boolean }
  | { readonly outcome: 'other-body'; readonly run: RunId };

/** Names the fleet as the one that works on a run: none of its processes alone does. */
const OWNER = 'fleet';

/**
 * Takes an envelope in: it is in the ledger when this answers, and waits in line. One that policy refuses is a run, too, and
 * leaves a receipt.
 * @throws DrylaneError `bad-input` for one that must not be kept; nothing is, then.
 */
export async function submit(fleet: Fleet, asked: Asked): Promise<Taken> {
  const problems = secretProblems(asked.envelope, fleet.redactor);
  if (problems.length > 0) throw new DrylaneError('bad-input', problems);
  const id = runId(Date.now(), randomBytes(10));
  return inSpan('submit', { run: id }, () => take(fleet, id, asked));
}

async function take(fleet: Fleet, id: RunId, asked: Asked): Promise<Taken> {
  const { desk } = fleet;
  const admitted = await admitOr(fleet, asked);
  await fleet.keepPolicy(Date.now());
  const added =
    admitted instanceof DrylaneError
      ? await refusal(fleet, id, asked, admitted)
      : await admission(fleet, id, asked, admitted);
  const answer = await desk.ledger.submit({ ...added, key: keyOf(asked) });
  if ('id' in answer) {
    fleet.nudge();
    return { outcome: 'taken', run: answer, isNew: true };
  }
  if (!answer.same) return { outcome: 'other-body', run: answer.earlier };
  return { outcome: 'taken', run: (await desk.ledger.readRun(answer.earlier)).run, isNew: false };
}

/** What the key of an envelope stands for: with another envelope, or another wish for it, it is a mistake. */
function keyOf({ envelope, tenant, promote }: Asked): NewRun['key'] {
  const key = envelope.idempotency_key;
  return key === undefined ? null : { tenant, key, body: digestOfJson({ envelope, promote }) };
}

async function admitOr(
  { policy, entrance }: Fleet,
  { envelope, tenant }: Pick<Asked, 'envelope' | 'tenant'>,
): Promise<Admitted | DrylaneError> {
  const located = await entrance.locate(envelope, tenant);
  try {
    return admit(envelope, policy.policy, { located, looksSecret });
  } catch (fault) {
    if (fault instanceof DrylaneError) return fault;
    throw fault;
  }
}

async function admission(
  { desk, policy, redactor, entrance }: Fleet,
  id: RunId,
  asked: Asked,
  admitted: Admitted,
): Promise<Omit<NewRun, 'key'>> {
  const risk: Risk = scrubDocument(classify(admitted.command, policy.policy.risk), redactor);
  const task = await keep(
    desk.blobs,
    rehearsalTask({ id, submitter: asked.submitter, risk }, admitted, policy.policy),
  );
  const next = entrance.next(risk);
  const events: LedgerEvent[] = [
    submittedBy(asked, policy.digest, task),
    { type: 'classified', score: risk.score, level: risk.level },
  ];
  // Otherwise it waits in line, in the state in which it was submitted.
  if (next === 'awaiting-rehearsal-approval') events.push({ type: 'moved', to: next, reason: null });
  return { id, events, nowMs: Date.now() };
}

async function refusal(
  { desk, policy, redactor }: Fleet,
  id: RunId,
  asked: Asked,
  fault: DrylaneError,
): Promise<Omit<NewRun, 'key'>> {
  const nowMs = Date.now();
  const said = fault.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  const reason = redactor.text(said).text;
  const known = { ...NOTHING_KNOWN, intent: asked.envelope.intent };
  return {
    id,
    events: [submittedBy(asked, policy.digest), { type: 'moved', to: 'refused', reason }],
    nowMs,
    issue: issuerFor(await desk.signer(), id, nowMs, known),
  };
}

/** Whether workers can let it land: where its files are not one of their directories, whoever sent them does. */
const mayLandHere = (envelope: Envelope): boolean =>
  'path' in sourceOf(envelope) && envelope.promotion !== 'none';

function submittedBy({ envelope, tenant, submitter, promote }: Asked, policy: Digest, task?: Digest) {
  // Its state stays behind: it is for a client's own collectors, and would be in the ledger for ever.
  const { traceparent: trace } = inject();
  return {
    ...{ type: 'submitted' as const, task: envelope.task ?? null, command: envelope.command },
    ...{ envelope_digest: digestOfJson(envelope), policy_digest: policy, owner: OWNER },
    ...{ submitter, tenant, promote: promote && mayLandHere(envelope) },
    ...(task === undefined ? {} : { task_digest: task }),
    ...(trace === undefined ? {} : { trace }),
  };
}
