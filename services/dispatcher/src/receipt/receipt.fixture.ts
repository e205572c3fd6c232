import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Approval } from '@drylane/proto/approval';
import { type Digest, digestOf } from '@drylane/proto/digest';
import { runId } from '@drylane/proto/ids';
import { receiptDigest, type SignedReceipt } from '@drylane/proto/receipt';
import { type EndFacts, statementOf } from './receipt.ts';
import { keyIdOf, keySigner, type Signer, signReceipt } from './sign.ts';
import type { PublicKey } from './verify.ts';

/** A key that is the same in every test run: its 32 bytes are all this one. */
export function fixedKey(byte: number): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({
    key: Buffer.concat([prefix, Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  });
}

export function publicOf(privateKey: KeyObject): PublicKey {
  const key = createPublicKey(privateKey);
  return { keyId: keyIdOf(key), key };
}

export const SIGNER = keySigner(fixedKey(1));
export const KEYS: readonly PublicKey[] = [publicOf(fixedKey(1))];

/** A moment of the fixed past. */
export const TIME_MS = Date.UTC(2026, 10, 20, 9, 30, 0, 7);

export const APPROVAL: Approval = {
  lane: 'live',
  decision: 'approve',
  approver: { id: 'ada', proof: 'terminal' },
  comment: 'looks right',
  time_ms: TIME_MS - 60_000,
  expires_ms: TIME_MS + 86_340_000,
  bound: digestOf('what was approved'),
};

/** A run that was promoted, with what a test changes. */
export function endFacts(over: Partial<EndFacts> = {}): EndFacts {
  return {
    run: runId(TIME_MS, Buffer.alloc(10)),
    task: 'normalize-blog-frontmatter',
    command: 'sed -i s/a/b/ blog/*.md',
    intent: { summary: 'Normalize', mode: 'mutating', expected_writes: ['blog/*.md'], network: 'none' },
    risk: {
      score: 5,
      level: 'medium',
      reasons: [
        {
          rule: 'in-place',
          dimension: 'write',
          points: 5,
          span: [0, 3],
          message: 'sed -i rewrites files in place',
        },
      ],
    },
    end: { state: 'promoted', promotion: { mode: 'apply', merged: ['blog/b.md'], evidenceDigest: null } },
    reason: null,
    decision: {
      verdict: 'promote',
      findings: [
        {
          rule: 'expected-write-missing',
          severity: 'note',
          message: 'declared, and never written',
          paths: ['x/*'],
          step: null,
        },
      ],
    },
    evidence: {
      digest: digestOf('evidence'),
      diff: { files: 2, added: 0, modified: 2, deleted: 0, forbidden: 0, surprise: 0, complete: true },
    },
    changeSetDigest: digestOf('change set'),
    approvals: [APPROVAL],
    envelopeDigest: digestOf('envelope'),
    policyDigest: digestOf('policy'),
    timeMs: TIME_MS,
    ...over,
  };
}

/** A chain of receipts as long as there are facts, from sequence 0. */
export function chainOf(ends: readonly EndFacts[], signer: Signer = SIGNER): readonly SignedReceipt[] {
  const chain: SignedReceipt[] = [];
  let previous: Digest | null = null;
  for (const [sequence, facts] of ends.entries()) {
    const signed = signReceipt(statementOf(facts, { sequence, previous, signer: signer.keyId }), signer);
    previous = receiptDigest(signed);
    chain.push(signed);
  }
  return chain;
}

/** The facts of so many runs, each with an id of its own. */
export function runsOf(count: number): readonly EndFacts[] {
  return Array.from({ length: count }, (_, index) =>
    endFacts({ run: runId(TIME_MS + index, Buffer.alloc(10, index)) }),
  );
}
