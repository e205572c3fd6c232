import { createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, mkdir, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';

const MAX_KEY_BYTES = 64 * 1024;

/** The error for a key that is not used as it is. The text of the key is never part of it. */
export function keyRefused(field: string, message: string, mend: string, cause?: unknown): DrylaneError {
  return new DrylaneError('bad-input', { field, message, mend }, { cause });
}

/** An Ed25519 private key from PEM text. @throws DrylaneError `bad-input` for anything else. */
export function parsePrivateKey(pem: string, field: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw keyRefused(field, 'does not hold a private key that can be read', MAKE_ONE, cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw keyRefused(field, `holds a key of the type ${key.asymmetricKeyType}, and must be Ed25519`, MAKE_ONE);
}

/** An Ed25519 public key from PEM text. @throws DrylaneError `bad-input` for anything else, private keys too. */
export function parsePublicKey(pem: string, field: string): KeyObject {
  const mend = 'name a file that begins with -----BEGIN PUBLIC KEY-----, of an Ed25519 key';
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem))
    throw keyRefused(field, 'does not hold a public key', mend);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw keyRefused(field, 'does not hold a public key that can be read', mend, cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw keyRefused(field, `holds a key of the type ${key.asymmetricKeyType}, and must be Ed25519`, mend);
}

const MAKE_ONE = 'make one with `openssl genpkey -algorithm ed25519`, unencrypted PEM';

/** A public key as PEM text. */
export function publicPem(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** What others must not be able to do with a key file; one that a person named is that person's choice. */
const DENIED = { secret: 0o077, public: 0o022, named: 0 } as const;

/**
 * Reads a file of keys; undefined where there is none. Nobody but its owner may be able to read a secret one, or to
 * change any that is found by itself: who can put a key there can speak for drylane.
 * @throws DrylaneError `bad-input` where others can.
 */
export async function readKeyFile(path: string, kind: keyof typeof DENIED): Promise<string | undefined> {
  // Not to wait for a writer where the name is a pipe's.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw keyRefused(path, 'cannot be opened', 'let the user who runs drylane read it', cause);
  });
  if (file === undefined) return undefined;
  return withFile(file, async () => {
    const found = await file.stat();
    if (!found.isFile() || found.size > MAX_KEY_BYTES)
      throw keyRefused(path, 'is not a file of a key', 'name the file that holds the key, as PEM');
    requireOwn(path, found, DENIED[kind]);
    return file.readFile('utf8');
  });
}

/** Makes a directory of keys if it is not there, for its owner alone. @throws DrylaneError where others can write. */
export async function makeKeyDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unwritten(directory, cause);
  });
  requireOwn(directory, await stat(directory), DENIED.public);
  if (made !== undefined) for (const at of upTo(directory, dirname(made))) await syncDirectory(at);
}

/**
 * Makes a file, whole and on the disk; false where there is one by that name already, which is left as it is. Of
 * several processes that make it at once, one does.
 */
export async function makeFileOnce(path: string, content: string, mode: number): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    await withFile(await open(temporary, 'wx', mode), async (file) => {
      await file.writeFile(content);
      await file.sync();
    });
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw unwritten(path, error);
  } finally {
    await unlink(temporary).catch(() => undefined);
    await syncDirectory(dirname(path));
  }
}

function unwritten(path: string, cause: unknown): DrylaneError {
  return new DrylaneError(
    'machine-unfit',
    {
      field: path,
      message: 'cannot be made',
      mend: 'choose a directory that can be written, on a disk with room',
    },
    { cause },
  );
}

function requireOwn(path: string, { mode, uid }: Stats, denied: number): void {
  if (denied === 0) return;
  const user = process.geteuid?.() ?? 0;
  if (uid !== user && uid !== 0)
    throw keyRefused(path, `belongs to another user (${uid})`, `take it over: chown ${user} ${path}`);
  if ((mode & denied) === 0) return;
  if ((mode & 0o044 & denied) !== 0) throw keyRefused(path, 'can be read by others', `chmod go= ${path}`);
  throw keyRefused(path, 'can be changed by others', `chmod go-wx ${path}`);
}

function upTo(directory: string, end: string): string[] {
  return directory === end || directory === dirname(directory)
    ? [directory]
    : [directory, ...upTo(dirname(directory), end)];
}

async function syncDirectory(path: string): Promise<void> {
  await withFile(await open(path, 'r'), (directory) => directory.sync());
}

async function withFile<T>(file: FileHandle, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Whether an error of the system has this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
