import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSeal, recipientProblems } from './sealed.ts';

interface Reader {
  readonly identity: string;
  readonly recipient: string;
}

let place: string;
let reader: Reader;
let other: Reader;

async function makeReader(): Promise<Reader> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'drylane-sealed-'));
  [reader, other] = [await makeReader(), await makeReader()];
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

type Written = readonly (readonly ['stdout' | 'stderr', Uint8Array | string])[];

async function sealed(limit: number, written: Written, recipients = [reader.recipient]): Promise<Uint8Array> {
  const seal = openSeal(recipients, limit);
  for (const [stream, chunk] of written) seal.push(stream, Buffer.from(chunk));
  return seal.end();
}

async function unsealed(bytes: Uint8Array, { identity } = reader): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(bytes);
}

/** What an independent reader of tar finds in it, by name. */
function untar(tar: Uint8Array): Record<string, Buffer> {
  const dir = mkdtempSync(join(place, 'tar-'));
  execFileSync('tar', ['-x', '-C', dir], { input: tar, stdio: ['pipe', 'pipe', 'pipe'] });
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]));
}

const opened = async (bytes: Uint8Array) => untar(await unsealed(bytes));
const about = (files: Record<string, Buffer>) => JSON.parse(files['about.json']?.toString() ?? '');

describe('raw output in its seal', () => {
  it('comes out as it was written, bytes that are no text included', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const files = await opened(
      await sealed(4096, [
        ['stdout', 'one\n'],
        ['stderr', bytes],
        ['stdout', 'two'],
      ]),
    );
    expect(Object.keys(files).sort()).toEqual(['about.json', 'stderr', 'stdout']);
    expect(files.stdout?.toString()).toBe('one\ntwo');
    expect(files.stderr).toEqual(Buffer.from(bytes));
    expect(about(files)).toEqual({ stdout: { bytes: 7, kept: 7 }, stderr: { bytes: 256, kept: 256 } });
  });

  it('is not in the sealed bytes, and opens for each recipient and nobody else', async () => {
    const text = 'correct-horse-battery-staple';
    const recipients = [reader.recipient, other.recipient];
    const bytes = await sealed(4096, [['stdout', text]], recipients);
    expect(Buffer.from(bytes).toString('latin1')).not.toContain(text);
    for (const one of [reader, other])
      expect(untar(await unsealed(bytes, one)).stdout?.toString()).toBe(text);
    await expect(unsealed(bytes, await makeReader())).rejects.toThrow();
  });

  it('is both ends of what is too long, and says how much there was', async () => {
    const chunk = Buffer.alloc(1_000_000, 'x');
    const flood: Written = Array.from({ length: 200 }, () => ['stdout', chunk] as const);
    const bytes = await sealed(1001, [['stdout', 'begin'], ...flood, ['stdout', 'end']]);
    const files = await opened(bytes);
    expect(Object.keys(files).sort()).toEqual(['about.json', 'stderr', 'stdout.first', 'stdout.last']);
    expect(files['stdout.first']?.toString()).toBe(`begin${'x'.repeat(496)}`);
    expect(files['stdout.last']?.toString()).toBe(`${'x'.repeat(497)}end`);
    expect(about(files).stdout).toEqual({ bytes: 200_000_008, kept: 1001 });
    expect(bytes.length).toBeLessThan(10_000);
  });

  it('keeps what its limit allows of each stream, whatever chunks it comes in', async () => {
    const chunks = fc.array(
      fc.tuple(fc.constantFrom('stdout', 'stderr'), fc.uint8Array({ maxLength: 700 })),
      {
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat(2000), async (written, limit) => {
        const files = await opened(await sealed(limit, written));
        for (const name of ['stdout', 'stderr']) {
          const whole = Buffer.concat(
            written.filter(([stream]) => stream === name).map(([, bytes]) => bytes),
          );
          const kept = Math.min(limit, whole.length);
          expect(about(files)[name]).toEqual({ bytes: whole.length, kept });
          if (whole.length <= limit) expect(files[name]).toEqual(whole);
          else {
            expect(files[`${name}.first`]).toEqual(whole.subarray(0, Math.ceil(limit / 2)));
            expect(files[`${name}.last`]).toEqual(whole.subarray(whole.length - Math.floor(limit / 2)));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is its own: the chunk that was pushed may be used again', async () => {
    const seal = openSeal([reader.recipient], 4);
    const chunk = Buffer.from('abcdef');
    seal.push('stdout', chunk);
    chunk.fill(0);
    const files = await opened(await seal.end());
    expect([files['stdout.first']?.toString(), files['stdout.last']?.toString()]).toEqual(['ab', 'ef']);
  });

  it('is opened by the age program too', async () => {
    const dir = join(place, 'age');
    mkdirSync(dir);
    writeFileSync(join(dir, 'key'), `${reader.identity}\n`, { mode: 0o600 });
    const bytes = await sealed(200_000, [['stdout', Buffer.alloc(150_000, 7)]]);
    const plain = execFileSync('age', ['-d', '-i', join(dir, 'key')], { input: bytes, maxBuffer: 2 ** 24 });
    expect(plain).toEqual(Buffer.from(await unsealed(bytes)));
    expect(untar(plain).stdout).toEqual(Buffer.alloc(150_000, 7));
  });
});

// Well-formed, but the point is of low order: nothing can be encrypted to it.
const LOW_ORDER = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z';
const TOO_SHORT = 'age1qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qunndjpz';

describe('recipients', () => {
  it('are named by their place when nothing can be sealed to them, and never repeated', async () => {
    const damaged = `${reader.recipient.slice(0, -1)}${reader.recipient.endsWith('q') ? 'p' : 'q'}`;
    const wrong = [damaged, TOO_SHORT, LOW_ORDER, reader.identity, 'age1', ''];
    const problems = await recipientProblems([reader.recipient, ...wrong, other.recipient]);
    expect(problems.map(({ field }) => field)).toEqual(
      wrong.map((_, index) => `evidence.raw_output.seal_to.${index + 1}`),
    );
    const said = JSON.stringify(problems);
    for (const key of [damaged, reader.identity]) expect(said).not.toContain(key);
    expect(await recipientProblems([reader.recipient, other.recipient])).toEqual([]);
  });

  it('are refused before anything is gathered', () => {
    for (const recipients of [[], [reader.identity], [reader.recipient, TOO_SHORT]])
      expect(() => openSeal(recipients, 100)).toThrow(expect.objectContaining({ code: 'bad-policy' }));
  });
});
