import { verify } from 'node:crypto';
import type { Approval } from '@drylane/proto/approval';
import { canonicalJson } from '@drylane/proto/digest';
import type { ApproverKey, ApproverSigner } from './approver.ts';
import { signedBytes } from './sign.ts';

/** The type that an approver's signature is made over, with the payload: it can stand for nothing else. */
export const APPROVAL_MEDIA_TYPE = 'application/vnd.drylane.approval.v1+json';

/** What an approver signs: all of an approval but the signature, so also what it is bound to and until when. */
export function approvalPayload(approval: Approval): Uint8Array {
  const { key_id, signature, ...said } = approval;
  return signedBytes(APPROVAL_MEDIA_TYPE, Buffer.from(canonicalJson(said)));
}

/** An approval with the signature of the person whose it is. */
export function signApproval(approval: Approval, { keyId, name, sign }: ApproverSigner): Approval {
  const said: Approval = { ...approval, approver: { id: name, proof: 'key' } };
  const signature = Buffer.from(sign(approvalPayload(said))).toString('base64');
  return { ...said, key_id: keyId, signature };
}

export type ApprovalProof = 'good' | 'unsigned' | 'unknown-key' | 'bad-signature' | 'of-another';

/**
 * Whether an approval was signed by whom it names. That it is bound to what is approved, and still counts, is for
 * `approve` to say.
 */
export function verifyApproval(approval: Approval, keys: readonly ApproverKey[]): ApprovalProof {
  const { key_id, signature, approver } = approval;
  if (key_id === undefined || signature === undefined) return 'unsigned';
  const holder = keys.find(({ keyId }) => keyId === key_id);
  if (holder === undefined) return 'unknown-key';
  if (!verify(null, approvalPayload(approval), holder.key, Buffer.from(signature, 'base64')))
    return 'bad-signature';
  // One person's key must not speak for two where a quorum is asked for.
  return approver.proof === 'key' && approver.id === holder.name ? 'good' : 'of-another';
}
