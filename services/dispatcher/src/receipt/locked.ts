import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { canonicalJson } from '@drylane/proto/digest';
import { z } from 'zod';

const derive = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

// 128 MiB and some tenths of a second for each guess. A file cannot ask for other numbers: fewer would weaken it, and
// more would let it take the machine.
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;

const base64 = (bytes: number) =>
  z.string().refine((text) => {
    const decoded = Buffer.from(text, 'base64');
    return decoded.length === bytes && decoded.toString('base64') === text;
  });

/**
 * A secret under a passphrase: scrypt (RFC 7914) of the passphrase, as Unicode's NFKC, and the salt is the key of
 * AES-256-GCM, which covers all other fields too (as canonical JSON, less `ciphertext` and `tag`).
 */
export const Locked = z.strictObject({
  version: z.literal(1),
  name: z.string().max(100),
  key_id: z.string().regex(/^[0-9a-f]{64}$/),
  kdf: z.literal('scrypt-n131072-r8-p1'),
  cipher: z.literal('aes-256-gcm'),
  salt: base64(16),
  nonce: base64(12),
  ciphertext: z.string().max(4096),
  tag: base64(16),
});
export type Locked = Readonly<z.infer<typeof Locked>>;

/** Locks a secret; name and key id stay readable, and cannot be changed unseen. */
export async function lock(
  secret: string,
  passphrase: string,
  about: Pick<Locked, 'name' | 'key_id'>,
): Promise<Locked> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const head = {
    version: 1,
    ...about,
    kdf: 'scrypt-n131072-r8-p1',
    cipher: 'aes-256-gcm',
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
  } as const;
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce);
  cipher.setAAD(Buffer.from(canonicalJson(head)));
  const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return { ...head, ciphertext: ciphertext.toString('base64'), tag: cipher.getAuthTag().toString('base64') };
}

/** The secret; undefined for another passphrase, or where any of it was changed. */
export async function unlock(locked: Locked, passphrase: string): Promise<string | undefined> {
  const { ciphertext, tag, ...head } = locked;
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const key = await keyOf(passphrase, bytes(head.salt));
  const decipher = createDecipheriv('aes-256-gcm', key, bytes(head.nonce), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(canonicalJson(head)));
  decipher.setAuthTag(bytes(tag));
  try {
    return Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

// A passphrase is one text however its accents were typed.
const keyOf = (passphrase: string, salt: Uint8Array): Promise<Buffer> =>
  derive(passphrase.normalize('NFKC'), salt, 32, COST);
