import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needsRoot } from '@drylane/chassis/rights.fixture';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSigner, publicKeys, readPublicKey } from './keys.ts';
import { chainOf, runsOf } from './receipt.fixture.ts';
import { verifyReceipts } from './verify.ts';

let place: string;
let directory: string;
let next = 0;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'drylane-keys-'));
});
beforeEach(() => {
  next += 1;
  directory = join(place, `${next}`, 'state', 'keys');
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const pemOf = (type: 'ed25519' | 'x25519' | 'ed448' = 'ed25519'): string =>
  // Each has overloads of its own.
  generateKeyPairSync(type as 'ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

describe('the key of a directory', () => {
  it('is made when it is first needed, for its owner alone, with its public key beside it', async () => {
    const signer = await openSigner({ directory, env: {} });
    expect(readdirSync(directory).sort()).toEqual(['receipts.key', 'receipts.pub']);
    expect([modeOf(directory), modeOf(join(directory, 'receipts.key'))]).toEqual(['700', '600']);
    const receipts = chainOf(runsOf(2), signer);
    expect(verifyReceipts(receipts, await publicKeys(directory))).toMatchObject({ good: 2, breaks: [] });
    expect(verifyReceipts(receipts, [signer])).toMatchObject({ good: 2, breaks: [] });
  });

  it('is the same from then on', async () => {
    const { keyId } = await openSigner({ directory, env: {} });
    expect((await openSigner({ directory, env: {} })).keyId).toBe(keyId);
    rmSync(join(directory, 'receipts.pub'));
    expect((await openSigner({ directory, env: {} })).keyId).toBe(keyId);
    expect((await readPublicKey(join(directory, 'receipts.pub'))).keyId).toBe(keyId);
  });

  it('is one, however many processes make it at once', async () => {
    const script = `
      const { openSigner } = await import(${JSON.stringify(join(import.meta.dirname, 'keys.ts'))});
      const asked = await Promise.all(Array.from({ length: 8 }, () => openSigner({ directory: process.argv[1], env: {} })));
      console.log(asked.map(({ keyId }) => keyId).join(' '));`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, directory]);
    const outputs = await Promise.all([run(), run(), run()]);
    const ids = outputs.flatMap(({ stdout }) => stdout.trim().split(' '));
    expect([ids.length, new Set(ids).size]).toEqual([24, 1]);
    expect(readdirSync(directory).sort()).toEqual(['receipts.key', 'receipts.pub']);
    expect((await publicKeys(directory)).map(({ keyId }) => keyId)).toEqual([ids[0]]);
  });

  it.each(['640', '604', '660', '666', '644', '620', '601'])(
    'is refused while others can get at it: %s',
    async (mode) => {
      await openSigner({ directory, env: {} });
      const path = join(directory, 'receipts.key');
      chmodSync(path, Number.parseInt(mode, 8));
      await expect(openSigner({ directory, env: {} })).rejects.toMatchObject({
        code: 'bad-input',
        problems: [{ field: path, mend: expect.stringMatching(/^chmod /) }],
      });
    },
  );

  it.each([
    ['the directory', '.', '777'],
    ['the public key', 'receipts.pub', '666'],
  ])('is refused while others can change %s', async (_, name, mode) => {
    await openSigner({ directory, env: {} });
    chmodSync(join(directory, name), Number.parseInt(mode, 8));
    await expect(openSigner({ directory, env: {} })).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ message: 'can be changed by others' }],
    });
    if (name !== '.') await expect(publicKeys(directory)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is refused while it belongs to somebody else', async () => {
    needsRoot();
    await openSigner({ directory, env: {} });
    for (const name of ['receipts.key', 'receipts.pub', '.']) {
      chownSync(join(directory, name), 12_345, 12_345);
      await expect(openSigner({ directory, env: {} })).rejects.toMatchObject({
        code: 'bad-input',
        problems: [{ field: join(directory, name), message: 'belongs to another user (12345)' }],
      });
      chownSync(join(directory, name), 0, 0);
    }
  });

  it('never takes the place of the public key that older receipts need', async () => {
    const old = await openSigner({ directory, env: {} });
    writeFileSync(join(directory, 'receipts.key'), pemOf());
    await expect(openSigner({ directory, env: {} })).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: join(directory, 'receipts.pub'), mend: expect.stringContaining('another name') }],
    });
    renameSync(join(directory, 'receipts.pub'), join(directory, 'receipts-2025.pub'));
    const now = await openSigner({ directory, env: {} });
    const known = (await publicKeys(directory)).map(({ keyId }) => keyId);
    expect(known.sort()).toEqual([old.keyId, now.keyId].sort());
  });

  it('cannot be made where a file stands in its way', async () => {
    mkdirSync(join(place, `${next}`));
    writeFileSync(join(place, `${next}`, 'state'), '');
    await expect(openSigner({ directory, env: {} })).rejects.toMatchObject({ code: 'machine-unfit' });
  });
});

describe('a key of the environment', () => {
  it('is used instead, and nothing is made', async () => {
    const pem = pemOf();
    const file = join(place, 'own.key');
    writeFileSync(file, pem, { mode: 0o600 });
    symlinkSync(file, join(place, 'link.key'));
    const ids = await Promise.all([
      openSigner({ directory, env: { DRYLANE_SIGNING_KEY: pem } }),
      openSigner({ directory, env: { DRYLANE_SIGNING_KEY_FILE: file } }),
      openSigner({ directory, env: { DRYLANE_SIGNING_KEY_FILE: join(place, 'link.key') } }),
    ]);
    expect(new Set(ids.map(({ keyId }) => keyId)).size).toBe(1);
    expect(() => readdirSync(directory)).toThrow();
  });

  const encrypted = generateKeyPairSync('ed25519').privateKey.export({
    ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  });

  it.each([
    ['empty', ''],
    ['no key', 'hunter2'],
    ['half a key', pemOf().slice(0, 60)],
    ['a public key', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })],
    ['under a passphrase', encrypted],
    ['of X25519', pemOf('x25519')],
    ['of Ed448', pemOf('ed448')],
    [
      'of a curve',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
  ])('is refused when it is %s, by its name and without being shown', async (_, pem) => {
    const text = String(pem);
    const refused = openSigner({ directory, env: { DRYLANE_SIGNING_KEY: text } });
    await expect(refused).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'DRYLANE_SIGNING_KEY', mend: expect.stringContaining('openssl genpkey') }],
    });
    const shown = await refused.catch((error: Error) => `${error.message} ${String(error.cause)}`);
    for (const line of text.split('\n').filter((part) => part.length > 5)) expect(shown).not.toContain(line);
  });

  it.each([
    ['is not there', () => undefined],
    ['is a directory', (path: string) => mkdirSync(path)],
    ['is endless', (path: string) => symlinkSync('/dev/zero', path)],
    ['is larger than a key', (path: string) => writeFileSync(path, 'x'.repeat(100_000), { mode: 0o600 })],
    ['can be read by others', (path: string) => writeFileSync(path, pemOf(), { mode: 0o644 })],
  ])('is refused when its file %s, and no other is made instead', async (_, make) => {
    const file = join(place, `file-${next}`);
    make(file);
    await expect(openSigner({ directory, env: { DRYLANE_SIGNING_KEY_FILE: file } })).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(() => readdirSync(directory)).toThrow();
  });

  it('is refused when there are two', async () => {
    const env = { DRYLANE_SIGNING_KEY: pemOf(), DRYLANE_SIGNING_KEY_FILE: '/x' };
    await expect(openSigner({ directory, env })).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'DRYLANE_SIGNING_KEY_FILE' }],
    });
  });
});

describe('a public key', () => {
  it('is read from a file that a person names, whoever may change that', async () => {
    const { keyId } = await openSigner({ directory, env: {} });
    const path = join(directory, 'receipts.pub');
    chmodSync(path, 0o666);
    expect((await readPublicKey(path)).keyId).toBe(keyId);
  });

  it('is not taken from a private one, nor from what is none, nor from what is not there', async () => {
    await openSigner({ directory, env: {} });
    await expect(readPublicKey(join(directory, 'receipts.key'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(readPublicKey(join(directory, 'absent.pub'))).rejects.toMatchObject({ code: 'not-found' });
    const text = readFileSync(join(directory, 'receipts.pub'), 'utf8');
    writeFileSync(join(directory, 'half.pub'), text.slice(0, 50));
    await expect(publicKeys(directory)).rejects.toMatchObject({ code: 'bad-input' });
    expect(await publicKeys(join(directory, 'absent'))).toEqual([]);
  });
});
