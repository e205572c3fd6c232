import type { Approval, PromotionMode } from '@drylane/proto/approval';
import type { Decision } from '@drylane/proto/decision';
import type { Digest } from '@drylane/proto/digest';
import type { Intent } from '@drylane/proto/envelope';
import type { Evidence } from '@drylane/proto/evidence';
import type { RunId } from '@drylane/proto/ids';
import {
  type DiffSummary,
  type EndState,
  type PathList,
  type PromotionResult,
  RECEIPT_CAPS,
  RECEIPT_TYPE,
  type Receipt,
  type ReceiptSubject,
  STATEMENT_TYPE,
} from '@drylane/proto/receipt';
import type { Risk } from '@drylane/proto/risk';
import { type Parts, shorten, shortenedParts } from './shorten.ts';

/** Everything that a receipt says of how a run ended. Every text has been scrubbed; time is milliseconds since 1970. */
export interface EndFacts {
  readonly run: RunId;
  readonly task: string | null;
  readonly command: string;
  readonly intent: Intent | null;
  readonly risk: Pick<Risk, 'score' | 'level' | 'reasons'> | null;
  readonly end: End;
  readonly reason: string | null;
  readonly decision: Pick<Decision, 'verdict' | 'findings'> | null;
  /** What the rehearsal observed: {@link diffOf} counts it. */
  readonly evidence: { readonly digest: Digest; readonly diff: DiffSummary } | null;
  readonly changeSetDigest: Digest | null;
  readonly approvals: readonly Approval[];
  readonly envelopeDigest: Digest;
  readonly policyDigest: Digest;
  readonly timeMs: number;
}

/** How it ended: with a promotion that began, or without one. */
export type End =
  | { readonly state: PromotionResult; readonly promotion: PromotionFacts }
  | { readonly state: Exclude<EndState, PromotionResult>; readonly promotion: null };

export interface PromotionFacts {
  readonly mode: PromotionMode;
  readonly merged: readonly string[];
  /** Of the live run; null where changes were applied. */
  readonly evidenceDigest: Digest | null;
  /** The principal whose word it is; left out on one machine. */
  readonly claimant?: string;
}

/** Where a receipt comes to stand, and which key signs it there. */
export interface Place {
  readonly sequence: number;
  readonly previous: Digest | null;
  readonly signer: string;
}

/** The statement about a run's end, for its place in the chain. Its size is bounded, whatever the facts are. */
export function statementOf(facts: EndFacts, { sequence, previous, signer }: Place): Receipt {
  const whole = partsOf(facts);
  const kept = shorten(whole);
  return {
    _type: STATEMENT_TYPE,
    subject: [subjectOf(facts)],
    predicateType: RECEIPT_TYPE,
    predicate: {
      sequence,
      previous,
      run: facts.run,
      ...kept,
      state: facts.end.state,
      evidence_digest: facts.evidence?.digest ?? null,
      diff: facts.evidence?.diff ?? null,
      envelope_digest: facts.envelopeDigest,
      policy_digest: facts.policyDigest,
      shortened: [...shortenedParts(whole, kept)],
      signer,
      time: new Date(facts.timeMs).toISOString(),
    },
  };
}

/** What a rehearsal changed, counted; a directory that was collapsed counts with all that is below it. */
export function diffOf({ changes, complete }: Pick<Evidence, 'changes' | 'complete'>): DiffSummary {
  const sum = (which: (change: Evidence['changes'][number]) => boolean): number =>
    changes.filter(which).reduce((total, { entries }) => total + entries, 0);
  return {
    files: sum(() => true),
    added: sum(({ kind }) => kind === 'added'),
    modified: sum(({ kind }) => kind !== 'added' && kind !== 'deleted'),
    deleted: sum(({ kind }) => kind === 'deleted'),
    forbidden: sum((change) => change.class === 'forbidden'),
    surprise: sum((change) => change.class === 'surprise'),
    complete,
  };
}

function subjectOf({ changeSetDigest, envelopeDigest }: EndFacts): ReceiptSubject {
  const digest = changeSetDigest ?? envelopeDigest;
  return {
    name: changeSetDigest === null ? 'envelope' : 'change-set',
    digest: { sha256: digest.slice('sha256:'.length) },
  };
}

function partsOf({ task, command, intent, risk, reason, decision, approvals, end }: EndFacts): Parts {
  return {
    task,
    command,
    intent,
    risk: risk && {
      score: risk.score,
      level: risk.level,
      reasons: risk.reasons.map(({ message }) => message),
    },
    reason,
    decision: decision && {
      verdict: decision.verdict,
      count: decision.findings.length,
      findings: decision.findings.map(({ rule, severity, message, paths }) => ({
        rule,
        severity,
        message,
        paths: listOf(paths),
      })),
    },
    approvals: [...approvals],
    promotion: end.promotion && {
      mode: end.promotion.mode,
      result: end.state,
      merged: listOf(end.promotion.merged),
      evidence_digest: end.promotion.evidenceDigest,
      ...(end.promotion.claimant !== undefined && { claimant: end.promotion.claimant }),
    },
  };
}

function listOf(paths: readonly string[]): PathList {
  return { count: paths.length, first: paths.slice(0, RECEIPT_CAPS.paths) };
}
