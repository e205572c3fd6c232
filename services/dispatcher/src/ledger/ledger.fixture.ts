import type { Approval } from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
import { type RunId, runId } from '@drylane/proto/ids';
import { RECEIPT_MEDIA_TYPE } from '@drylane/proto/receipt';
import type { LedgerEvent } from './event.ts';
import type { Issue } from './ledger.ts';

export const NOW = 1_700_000_000_000;
export const digest = digestOf('x');
export const OTHER = digestOf('y');
export const idAt = (ms: number): RunId => runId(ms, new Uint8Array(10));
export const ID = idAt(NOW);

type Event<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>;

export const submitted = (over: Partial<Event<'submitted'>> = {}): Event<'submitted'> => ({
  type: 'submitted',
  task: null,
  command: 'make',
  envelope_digest: digest,
  policy_digest: digest,
  owner: 'me',
  ...over,
});
export const moved = (to: Event<'moved'>['to'], reason: string | null = null): Event<'moved'> => ({
  type: 'moved',
  to,
  reason,
});
export const classified: Event<'classified'> = { type: 'classified', score: 5.5, level: 'medium' };
export const rehearsed: Event<'rehearsed'> = {
  type: 'rehearsed',
  evidence_digest: digest,
  patches_digest: null,
};
export const decided: Event<'decided'> = { type: 'decided', verdict: 'promote', decision_digest: digest };
export const claimed: Event<'claimed'> = { type: 'claimed', owner: 'claimant', mode: 'apply', bound: digest };
export const settled = (result: Event<'settled'>['result']): Event<'settled'> => ({
  type: 'settled',
  mode: 'apply',
  result,
});

/** A person's word; whose, and what else is special about it, is said by the caller. */
export const word = (id: string, over: Partial<Approval> = {}): Approval => ({
  lane: 'live',
  decision: 'approve',
  approver: { id, proof: 'terminal' },
  comment: null,
  time_ms: NOW,
  expires_ms: NOW + 1000,
  bound: digest,
  ...over,
});
export const approved = (approval: Approval, stickyKey: string | null = null): Event<'approved'> => ({
  type: 'approved',
  approval,
  sticky_key: stickyKey,
});
export const rejected = (approval: Approval, stickyKey?: string): Event<'rejected'> => ({
  type: 'rejected',
  approval: { ...approval, decision: 'reject' },
  ...(stickyKey === undefined ? {} : { sticky_key: stickyKey }),
});

/** All that brings a run to where it may be claimed. */
export const WHOLE: readonly LedgerEvent[] = [
  submitted(),
  classified,
  moved('rehearsing'),
  rehearsed,
  decided,
  moved('promotable', 'as policy says'),
];

/** All that brings a run to where a person is asked whether it lands. */
export const ASKED: readonly LedgerEvent[] = [...WHOLE.slice(0, -1), moved('awaiting-live-approval')];

/** Issues a receipt that says nothing but where it stands; nobody has signed it. */
export const issue: Issue = ({ sequence, previous, run }) => ({
  payload: Buffer.from(JSON.stringify({ predicate: { sequence, previous, run: run.id } })).toString('base64'),
  payloadType: RECEIPT_MEDIA_TYPE,
  signatures: [{ keyid: '0'.repeat(64), sig: Buffer.alloc(64).toString('base64') }],
});
