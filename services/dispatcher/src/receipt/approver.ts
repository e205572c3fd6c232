import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import {
  keyRefused,
  makeFileOnce,
  makeKeyDirectory,
  parsePrivateKey,
  publicPem,
  readKeyFile,
} from './keyfile.ts';
import { publicKeysIn } from './keys.ts';
import { Locked, lock, unlock } from './locked.ts';
import { keyIdOf, keySigner, type Signer } from './sign.ts';
import type { PublicKey } from './verify.ts';

/** The fewest characters of a passphrase for a new key. */
export const MIN_PASSPHRASE = 12;

const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/;

/** A person who may approve, by the name that approvals carry, and the public key. */
export interface ApproverKey extends PublicKey {
  readonly name: string;
}

/** A signer that speaks for one approver. */
export interface ApproverSigner extends Signer {
  readonly name: string;
}

export interface NewApprover {
  /** The directory of keys, in which the public key becomes `approvers/NAME.pub`. */
  readonly directory: string;
  readonly name: string;
  /** The file that the private key is locked in, which is made. */
  readonly file: string;
  readonly passphrase: string;
}

/**
 * Makes a key pair for a person who approves: the private key locked in a file of theirs, the public one among those
 * that approvals are verified with. Nothing that is there is written over.
 * @throws DrylaneError `bad-input` for a name or passphrase that will not do, or a name that is taken.
 */
export async function makeApprover({ directory, name, file, passphrase }: NewApprover): Promise<ApproverKey> {
  if (!NAME.test(name))
    throw keyRefused(
      'approver',
      'is not a name for an approver',
      'use lower-case letters, digits and . _ @ -',
    );
  if ([...passphrase].length < MIN_PASSPHRASE)
    throw keyRefused(
      'passphrase',
      'is too short',
      `use at least ${MIN_PASSPHRASE} characters, as of four words`,
    );
  const folder = approversOf(directory);
  await makeKeyDirectory(folder);
  const publicFile = join(folder, `${name}.pub`);
  if ((await readKeyFile(publicFile, 'public')) !== undefined) throw taken(publicFile);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = keyIdOf(publicKey);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const locked = await lock(pem, passphrase, { name, key_id: keyId });
  if (!(await makeFileOnce(file, `${JSON.stringify(locked, null, 2)}\n`, 0o600))) throw taken(file);
  // Last: from then on, the key counts.
  if (!(await makeFileOnce(publicFile, publicPem(publicKey), 0o644))) throw taken(publicFile);
  return { name, keyId, key: publicKey };
}

/** The public keys of everybody who may approve with one. */
export async function approverKeys(directory: string): Promise<readonly ApproverKey[]> {
  return publicKeysIn(approversOf(directory));
}

/**
 * Opens an approver's private key.
 * @throws DrylaneError `not-found` where there is no such file, `bad-input` for another passphrase or a damaged file.
 */
export async function openApprover(file: string, passphrase: string): Promise<ApproverSigner> {
  const text = await readKeyFile(file, 'secret');
  if (text === undefined)
    throw new DrylaneError('not-found', {
      field: file,
      message: 'is not there',
      mend: 'make a key with `drylane init --approver NAME`, or name the file that holds yours',
    });
  const locked = readLocked(text, file);
  const pem = await unlock(locked, passphrase);
  if (pem === undefined)
    throw keyRefused(
      'passphrase',
      'does not open this key',
      'type the passphrase that the key was made with',
    );
  return { ...keySigner(parsePrivateKey(pem, file)), name: locked.name };
}

function readLocked(text: string, file: string): Locked {
  const mend = 'use the file that `drylane init --approver` made';
  try {
    return Locked.parse(JSON.parse(text));
  } catch (cause) {
    throw keyRefused(file, 'is not the key of an approver', mend, cause);
  }
}

const approversOf = (directory: string): string => join(directory, 'approvers');

function taken(path: string): DrylaneError {
  return keyRefused(path, 'is there already', 'choose another name, or move it away if it is to be replaced');
}
