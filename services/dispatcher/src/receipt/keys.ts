import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import {
  hasCode,
  keyRefused,
  makeFileOnce,
  makeKeyDirectory,
  parsePrivateKey,
  parsePublicKey,
  publicPem,
  readKeyFile,
} from './keyfile.ts';
import { keyIdOf, keySigner, type Signer } from './sign.ts';
import type { PublicKey } from './verify.ts';

const KEY = 'receipts.key';
const PUBLIC = 'receipts.pub';

/** A signer of receipts, and the public key that they are verified with. */
export interface ReceiptSigner extends Signer, PublicKey {}

export interface KeyPlaces {
  /** Where the key is, or is made, when the environment names none. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens the key that receipts are signed with: that of DRYLANE_SIGNING_KEY (PEM), or of the file that
 * DRYLANE_SIGNING_KEY_FILE names, or else `receipts.key` of the directory, which is made with its public key beside
 * it when it is first needed.
 * @throws DrylaneError `bad-input` for a key that others can read, or that is not Ed25519.
 */
export async function openSigner({ directory, env }: KeyPlaces): Promise<ReceiptSigner> {
  const key = (await keyOfEnvironment(env)) ?? (await keyOfDirectory(directory));
  return { ...keySigner(key), key: createPublicKey(key) };
}

/** Every public key that a directory holds for receipts: `*.pub`, also those of keys that sign no more. */
export async function publicKeys(directory: string): Promise<readonly PublicKey[]> {
  const found = await publicKeysIn(directory);
  return found.map(({ keyId, key }) => ({ keyId, key }));
}

/** The public keys of a directory with the names of their files, less `.pub`; none where there is no directory. */
export async function publicKeysIn(directory: string): Promise<readonly (PublicKey & { name: string })[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.pub')).sort();
  const read = async (file: string) => ({
    name: file.slice(0, -'.pub'.length),
    ...(await readPublic(join(directory, file), 'public')),
  });
  return Promise.all(files.map(read));
}

/** Reads a public key from a file that a person named. @throws DrylaneError `bad-input`, `not-found`. */
export async function readPublicKey(path: string): Promise<PublicKey> {
  return readPublic(path, 'named');
}

async function readPublic(path: string, kind: 'public' | 'named'): Promise<PublicKey> {
  const pem = await readKeyFile(path, kind);
  if (pem === undefined)
    throw new DrylaneError('not-found', {
      field: path,
      message: 'is not there',
      mend: 'name the public key of whoever signed: keys/receipts.pub of a state directory',
    });
  const key = parsePublicKey(pem, path);
  return { keyId: keyIdOf(key), key };
}

async function keyOfEnvironment(env: KeyPlaces['env']): Promise<KeyObject | undefined> {
  const { DRYLANE_SIGNING_KEY: pem, DRYLANE_SIGNING_KEY_FILE: file } = env;
  if (pem !== undefined && file !== undefined)
    throw keyRefused(
      'DRYLANE_SIGNING_KEY_FILE',
      'is set, and DRYLANE_SIGNING_KEY too',
      'keep one of the two, and unset the other',
    );
  if (pem !== undefined) return parsePrivateKey(pem, 'DRYLANE_SIGNING_KEY');
  if (file === undefined) return undefined;
  const text = await readKeyFile(file, 'secret');
  // To make another key instead would sign with one that nobody else knows.
  if (text === undefined)
    throw keyRefused(
      `DRYLANE_SIGNING_KEY_FILE ${file}`,
      'is not there',
      'name a file that exists, or unset it',
    );
  return parsePrivateKey(text, file);
}

async function keyOfDirectory(directory: string): Promise<KeyObject> {
  await makeKeyDirectory(directory);
  const path = join(directory, KEY);
  const key = parsePrivateKey((await readKeyFile(path, 'secret')) ?? (await makeKey(path)), path);
  await keepPublic(join(directory, PUBLIC), key);
  return key;
}

/** Makes a key, and answers with the one that is there then: another process may have been first. */
async function makeKey(path: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await makeFileOnce(path, pem, 0o600);
  return (await readKeyFile(path, 'secret')) ?? '';
}

async function keepPublic(path: string, key: KeyObject): Promise<void> {
  if ((await readKeyFile(path, 'public')) === undefined) await makeFileOnce(path, publicPem(key), 0o644);
  const kept = await readPublic(path, 'public');
  if (kept.keyId === keyIdOf(createPublicKey(key))) return;
  // What older receipts are verified with is not written over.
  throw keyRefused(
    path,
    `is not the public key of the ${KEY} beside it`,
    'give it another name that ends in .pub, so that older receipts can still be verified',
  );
}
