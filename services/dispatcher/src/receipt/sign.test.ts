import { generateKeyPairSync } from 'node:crypto';
import { digestOf } from '@drylane/proto/digest';
import { SignedReceipt } from '@drylane/proto/receipt';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { chainOf, endFacts, fixedKey, publicOf, runsOf, SIGNER } from './receipt.fixture.ts';
import { statementOf } from './receipt.ts';
import { keyIdOf, keySigner, signReceipt } from './sign.ts';

const place = { sequence: 0, previous: null, signer: SIGNER.keyId };

describe('a signed receipt', () => {
  it('is the same for the same facts, key and place', () => {
    const signed = signReceipt(statementOf(endFacts(), place), SIGNER);
    expect(SignedReceipt.parse(signed)).toEqual(signed);
    expect(digestOf(signed.signatures[0]?.sig ?? '')).toBe(
      'sha256:75e34085f0007e0a6eab66c6c28caa5223ccb7a005066f345a7df6704c98c17b',
    );
  });

  it('is never signed by another key than it names, nor when it is too large', () => {
    const statement = statementOf(endFacts(), place);
    expect(() => signReceipt(statement, keySigner(fixedKey(2)))).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining('names another key') }),
    );
    const large = { ...statement, predicate: { ...statement.predicate, command: 'x'.repeat(2 ** 20) } };
    expect(() => signReceipt(large, SIGNER)).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining('larger than') }),
    );
  });

  it('names its key by the digest of what openssl calls the public key', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const der = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
    expect(`sha256:${keyIdOf(publicKey)}`).toBe(digestOf(der));
    expect(keySigner(privateKey).keyId).toBe(keyIdOf(publicKey));
  });
});

/** What a verifier that knows nothing of drylane says, trusting one key. */
function verdictOfSigstore(signed: SignedReceipt, privateKey = fixedKey(1)): string {
  const { key } = publicOf(privateKey);
  const bundle = bundleFromJSON({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: signed.signatures[0]?.keyid } },
    dsseEnvelope: signed,
  });
  const trust = toTrustMaterial(
    { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
    () => ({ publicKey: key, validFor: () => true }),
  );
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bundle));
    return 'good';
  } catch (error) {
    return error instanceof Error ? error.message : 'thrown';
  }
}

describe('a verifier of other people (sigstore)', () => {
  const [, signed] = chainOf(runsOf(2)) as [SignedReceipt, SignedReceipt];

  it('takes our envelope with our key', () => {
    expect(verdictOfSigstore(signed)).toBe('good');
  });

  it('refuses it with another key', () => {
    expect(verdictOfSigstore(signed, fixedKey(2))).toBe('signature verification failed');
  });

  it('refuses it when the statement, its type or the signature is another', () => {
    const payload = Buffer.from(signed.payload, 'base64');
    for (const at of payload.keys()) {
      const changed = Buffer.from(payload);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const verdict = verdictOfSigstore({ ...signed, payload: changed.toString('base64') });
      expect([at, verdict]).toEqual([at, 'signature verification failed']);
    }
    const retyped = { ...signed, payloadType: 'application/json' } as unknown as SignedReceipt;
    expect(verdictOfSigstore(retyped)).toBe('signature verification failed');
    const [first] = chainOf(runsOf(1));
    expect(verdictOfSigstore({ ...signed, signatures: first?.signatures ?? [] })).toBe(
      'signature verification failed',
    );
  });
});
