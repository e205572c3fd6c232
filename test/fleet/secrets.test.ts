import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSecrets, SECRETS } from './secrets.ts';

const root = process.getuid?.() === 0;
let scratch = '';
let place = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-secrets-'));
  place = join(scratch, '.fleet');
});
afterEach(() => rm(scratch, { recursive: true }));

const read = (name: string) => readFile(join(place, name), 'utf8');

describe('the secrets of a fleet', () => {
  it('are made once, each by chance, and fit one another', async () => {
    expect(await makeSecrets(place, root)).toEqual(Object.keys(SECRETS));
    const before = await Promise.all(Object.keys(SECRETS).map(read));
    expect(await makeSecrets(place, root)).toEqual([]);
    expect(await Promise.all(Object.keys(SECRETS).map(read))).toEqual(before);
    expect(new Set(before).size).toBe(before.length);

    const password = /^requirepass ([0-9a-f]{64})\n$/.exec(await read('redis_password'))?.[1];
    expect(await read('redis_url')).toBe(`redis://:${password}@redis:6379\n`);
    const url = new URL(await read('database_url'));
    expect(`${url.password}\n`).toBe(await read('postgres_password'));
    expect(createPrivateKey(await read('receipt_key')).asymmetricKeyType).toBe('ed25519');
    for (const name of ['bootstrap_token', 'worker_token'])
      expect(await read(name)).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('can be got at by nobody else', async () => {
    await makeSecrets(place, root);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(place)) {
      const { mode, uid } = await stat(join(place, name));
      expect([name, mode & 0o777]).toEqual([name, root ? 0o600 : 0o444]);
      if (root) expect([65_532, 999]).toContain(uid);
    }
  });

  it('that are lost are made again to fit those that are there', async () => {
    await makeSecrets(place, root);
    const url = await read('redis_url');
    await rm(join(place, 'redis_url'));
    expect(await makeSecrets(place, root)).toEqual(['redis_url']);
    expect(await read('redis_url')).toBe(url);
  });

  it('stay those that an operator put there', async () => {
    await makeSecrets(place, root);
    await writeFile(join(place, 'worker_token'), 'mine\n');
    await makeSecrets(place, root);
    expect(await read('worker_token')).toBe('mine\n');
  });
});
