import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who reads a secret in its container, by number: the runtime's user, or that of the servers' images. */
const READERS = { runtime: 65_532, server: 999 } as const;

/** A secret of the fleet: who reads it, and how it is made, perhaps of others that stand before it. */
interface Secret {
  readonly reader: keyof typeof READERS;
  readonly make: (others: ReadonlyMap<string, string>) => string;
}

const chance = (): string => randomBytes(32).toString('hex');
const of = (others: ReadonlyMap<string, string>, name: string): string => {
  const text = others.get(name);
  if (text === undefined) throw new Error(`the secret ${name} must be made first`);
  return text.trim().split(' ').at(-1) ?? '';
};

/** Every secret of docker-compose.yml, by the name of its file. */
export const SECRETS = {
  redis_password: { reader: 'server', make: () => `requirepass ${chance()}` },
  redis_url: { reader: 'runtime', make: (all) => `redis://:${of(all, 'redis_password')}@redis:6379` },
  postgres_password: { reader: 'server', make: chance },
  database_url: {
    reader: 'runtime',
    make: (all) => `postgres://drylane:${of(all, 'postgres_password')}@postgres:5432/drylane`,
  },
  receipt_key: {
    reader: 'runtime',
    make: () =>
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trimEnd(),
  },
  bootstrap_token: { reader: 'runtime', make: chance },
  worker_token: { reader: 'runtime', make: chance },
} as const satisfies Readonly<Record<string, Secret>>;

/**
 * Makes the secrets that are not there yet; those that are stay as they are.
 *
 * Nobody but its owner may enter the directory. Root gives each file to the user who reads it in a container; anyone
 * else cannot give files away, so theirs can be read by whoever gets at them, which is the containers alone.
 * @returns the names of those that were made.
 */
export async function makeSecrets(directory: string, root: boolean): Promise<readonly string[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const texts = new Map<string, string>();
  const made: string[] = [];
  for (const [name, { reader, make }] of Object.entries(SECRETS)) {
    const path = join(directory, name);
    const text = make(texts);
    if (await writeNew(path, `${text}\n`)) {
      await chmod(path, root ? 0o600 : 0o444);
      if (root) await chown(path, READERS[reader], READERS[reader]);
      made.push(name);
    }
    texts.set(name, await readFile(path, 'utf8'));
  }
  return made;
}

/** Writes a file unless there is one; answers whether it did. */
async function writeNew(path: string, text: string): Promise<boolean> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return null;
    throw error;
  });
  if (file === null) return false;
  try {
    await file.writeFile(text);
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}
