import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import {
  MAX_RECEIPT_BYTES,
  RECEIPT_MEDIA_TYPE,
  type Receipt,
  type SignedReceipt,
} from '@drylane/proto/receipt';
// By its file: what the package's front door loads beside it takes longer than a hundred signatures.
import { preAuthEncoding } from '@sigstore/core/dist/dsse.js';

/** Whoever holds a private key and signs with it; the key may be elsewhere. */
export interface Signer {
  /** Sha256 of the public key (SPKI, DER), in hexadecimal digits. */
  readonly keyId: string;
  /** An Ed25519 signature, 64 bytes. */
  sign(payload: Uint8Array): Uint8Array;
}

/** A signer with an Ed25519 key that is in memory. */
export function keySigner(privateKey: KeyObject): Signer {
  return {
    keyId: keyIdOf(createPublicKey(privateKey)),
    sign: (payload) => sign(null, payload, privateKey),
  };
}

/** The name that a public key is known by. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}

/** What is signed: the payload with its type, so that a signature of one kind of thing never stands for another. */
export function signedBytes(payloadType: string, payload: Uint8Array): Buffer {
  return preAuthEncoding(payloadType, Buffer.from(payload));
}

/** Signs a statement that names this signer. @throws DrylaneError `internal` for one that does not, or is too large. */
export function signReceipt(receipt: Receipt, signer: Signer): SignedReceipt {
  const payload = Buffer.from(canonicalJson(receipt));
  if (receipt.predicate.signer !== signer.keyId)
    throw unsigned('names another key than the one that signs it');
  if (payload.length > MAX_RECEIPT_BYTES) throw unsigned(`is larger than ${MAX_RECEIPT_BYTES} bytes`);
  const signature = signer.sign(signedBytes(RECEIPT_MEDIA_TYPE, payload));
  return {
    payload: payload.toString('base64'),
    payloadType: RECEIPT_MEDIA_TYPE,
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(signature).toString('base64') }],
  };
}

function unsigned(message: string): DrylaneError {
  return new DrylaneError('internal', {
    field: 'receipt',
    message,
    mend: 'report it: it is a fault of drylane',
  });
}
