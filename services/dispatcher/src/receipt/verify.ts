import { type KeyObject, verify } from 'node:crypto';
import { canonicalJson, type Digest } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { RECEIPT_MEDIA_TYPE, Receipt, receiptDigest, SignedReceipt } from '@drylane/proto/receipt';
import { z } from 'zod';
import { type Break, breaksIn, type FaultyLink, type Link } from './links.ts';
import { signedBytes } from './sign.ts';

/** A key that receipts or approvals may be signed with. */
export interface PublicKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** What is known of a set of receipts without asking anybody. */
export interface VerifyResult {
  readonly total: number;
  /** How many hold by themselves: signed by a known key, and whole. */
  readonly good: number;
  /** The lowest and the highest sequence among the good ones. A set that does not begin at 0 is a part of a chain. */
  readonly first: number | null;
  readonly last: number | null;
  /** Digest of the last good one: only who knows it from elsewhere can tell that none was cut off after it. */
  readonly head: Digest | null;
  /** Where the chain does not hold, the first link first; empty where it does. */
  readonly breaks: readonly Break[];
}

/** Checks receipts, given in any order: each one's signature and statement, and the chain that they make. */
export function verifyReceipts(signed: readonly unknown[], keys: readonly PublicKey[]): VerifyResult {
  const known = new Map(keys.map(({ keyId, key }) => [keyId, key]));
  const links = signed.map((value, position) => examine(value, position, known));
  const sound = links.filter((link) => link.sound).sort((a, b) => a.sequence - b.sequence);
  return {
    total: links.length,
    good: sound.length,
    first: sound[0]?.sequence ?? null,
    last: sound.at(-1)?.sequence ?? null,
    head: sound.at(-1)?.digest ?? null,
    breaks: links.length === 0 ? [NO_RECEIPT] : breaksIn(links),
  };
}

/** Where nothing was given there is nothing that holds: it must not read as a chain that nobody touched. */
const NO_RECEIPT: Break = {
  fault: 'missing',
  position: null,
  sequence: null,
  run: null,
  message: 'there is no receipt in it',
};

/** Checks one receipt by itself. */
function examine(value: unknown, position: number, keys: ReadonlyMap<string, KeyObject>): Link {
  const faulty = (fault: FaultyLink['fault'], message: string): Link => ({
    sound: false,
    position,
    ...claimsOf(value),
    fault,
    message,
  });
  const signed = SignedReceipt.safeParse(value);
  if (!signed.success) return faulty('unreadable', 'is not a signed receipt, or is not whole');
  const [signature] = signed.data.signatures;
  const key = keys.get(signature?.keyid ?? '');
  if (key === undefined) return faulty('unknown-key', 'is signed by a key that is not known here');
  const payload = Buffer.from(signed.data.payload, 'base64');
  const bytes = signedBytes(RECEIPT_MEDIA_TYPE, payload);
  if (!verify(null, bytes, key, Buffer.from(signature?.sig ?? '', 'base64')))
    return faulty('bad-signature', 'was altered after it was signed');
  const receipt = readStatement(payload, signature?.keyid);
  if (receipt === undefined) return faulty('malformed', 'is signed, but not a receipt of this version');
  const { sequence, run, previous } = receipt.predicate;
  return { sound: true, position, sequence, run, previous, digest: receiptDigest(signed.data) };
}

/** The statement in a payload; undefined where it is none, or says something else to another reader. */
function readStatement(payload: Buffer, keyId: string | undefined): Receipt | undefined {
  const receipt = Receipt.safeParse(parseJson(payload.toString('utf8'))).data;
  if (receipt === undefined) return undefined;
  const { sequence, previous, signer } = receipt.predicate;
  const consistent = signer === keyId && (sequence === 0) === (previous === null);
  return consistent && payload.equals(Buffer.from(canonicalJson(receipt))) ? receipt : undefined;
}

const Claims = z.object({ predicate: z.object({ sequence: z.int().min(0), run: RunId }) });
const HasPayload = z.object({ payload: z.string() });

/** What something that could not be verified says of itself. */
function claimsOf(value: unknown): Pick<FaultyLink, 'sequence' | 'run'> {
  const payload = HasPayload.safeParse(value).data?.payload ?? '';
  const claims = Claims.safeParse(parseJson(Buffer.from(payload, 'base64').toString('utf8'))).data;
  return { sequence: claims?.predicate.sequence ?? null, run: claims?.predicate.run ?? null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
