import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Member, readTar, writeTar } from './tar.ts';

const NS = 10n ** 9n;

const part = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.constantFrom('x'.repeat(100), 'é'.repeat(120)),
  )
  .map((text) => text.replace(/[/\0]/g, '_'))
  .filter((text) => text.isWellFormed() && text !== '.' && text !== '..' && Buffer.byteLength(text) <= 255);
const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const id = fc.oneof(fc.nat(70_000), fc.constantFrom(0o777777, 0o1000000, 2_097_152, 2 ** 32 - 2));
const time = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }),
  fc.bigInt({ min: -3n, max: 3n }).map((seconds) => seconds * NS),
  fc.bigInt({ min: 2n ** 31n - 2n, max: 2n ** 31n + 2n }).map((seconds) => seconds * NS),
);
const common = { name, mode: fc.nat(0o7777), uid: id, gid: id, mtimeNs: time };
const content = fc.oneof(
  fc.uint8Array({ maxLength: 1100 }),
  fc.constantFrom(new Uint8Array(512), new Uint8Array(70_000)),
);

interface Given {
  readonly member: Member;
  readonly content: Buffer;
}

const given: fc.Arbitrary<Given> = fc.oneof(
  fc.record({ ...common, content }).map(({ content: bytes, ...rest }) => ({
    member: { ...rest, type: 'file' as const, size: bytes.length, target: null },
    content: Buffer.from(bytes),
  })),
  fc.record({ ...common, target: name }).map((rest) => ({
    member: { ...rest, type: 'symlink' as const, size: 0 },
    content: Buffer.alloc(0),
  })),
  fc.record(common).map((rest) => ({
    member: { ...rest, type: 'directory' as const, size: 0, target: null },
    content: Buffer.alloc(0),
  })),
);

/** Some contents come at once, some in parts. */
function written(all: readonly Given[], partly: boolean): AsyncIterable<Uint8Array> {
  const contents = new Map(all.map((one) => [one.member, one.content]));
  return writeTar(
    all.map((one) => one.member),
    (member) => {
      const bytes = contents.get(member) ?? Buffer.alloc(0);
      return partly ? inParts(bytes) : bytes;
    },
  );
}

async function* inParts(bytes: Uint8Array, length = 300): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const one of parts) all.push(one);
  return Buffer.concat(all);
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<Given[]> {
  const all: Given[] = [];
  for await (const { member, content: parts } of readTar(bytes))
    all.push({ member, content: await joined(parts) });
  return all;
}

const file = (over: Partial<Member> = {}): Member => ({
  ...{ type: 'file', name: 'f', mode: 0o644, uid: 0, gid: 0, size: 3, mtimeNs: 0n, target: null },
  ...over,
});

describe('a tar', () => {
  it('gives back what was written, whatever it is, and is the same bytes every time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(given, { maxLength: 6 }), fc.nat(1500), async (all, length) => {
        const bytes = await joined(written(all, false));
        expect(await joined(written(all, true))).toEqual(bytes);
        expect(await read(inParts(bytes, length + 1))).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  it('is passed over where nobody reads the contents, or reads them half', async () => {
    const all = ['a', 'b', 'c'].map((name) => ({
      member: file({ name, size: 200_000 }),
      content: Buffer.alloc(200_000, name),
    }));
    const names: string[] = [];
    for await (const { member, content: parts } of readTar(written(all, false))) {
      names.push(member.name);
      if (member.name === 'b') for await (const one of parts) if (one.length > 0) break;
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it('takes no end in the middle for its end', async () => {
    const bytes = await joined(
      written([{ member: file({ size: 5000 }), content: Buffer.alloc(5000, 1) }], false),
    );
    for (const length of [100, 700, 512 + 5000])
      await expect(read(inParts(bytes.subarray(0, length)))).rejects.toMatchObject({ code: 'internal' });
  });

  it('is refused with anything in it but files, directories and links, or when it is none', async () => {
    for (const type of ['link', 'fifo', 'block-device', 'character-device'] as const) {
      const tar = pack();
      tar.entry({ name: 'x', type, linkname: 'y' });
      tar.finalize();
      const bytes = inParts(await joined(chunksOf(tar)));
      await expect(read(bytes), type).rejects.toMatchObject({ code: 'internal' });
    }
    await expect(read(inParts(Buffer.alloc(2048, 'x')))).rejects.toMatchObject({ code: 'internal' });
  });

  it('fails as its source fails, also at the very end', async () => {
    const whole = await joined(written([{ member: file(), content: Buffer.from('abc') }], false));
    const failing = (from: number) =>
      (async function* () {
        yield whole.subarray(0, from);
        throw new DrylaneError('not-found', { field: 'x', message: 'gone', mend: 'none' });
      })();
    for (const from of [0, 513, 600, whole.length])
      await expect(read(failing(from))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is not written when contents are longer or shorter than was said, or fail', async () => {
    for (const size of [2, 4, 100_000])
      for (const partly of [false, true])
        await expect(
          joined(written([{ member: file({ size }), content: Buffer.from('abc') }], partly)),
        ).rejects.toThrow();
    const broken = writeTar([file()], () => {
      throw new Error('no contents');
    });
    await expect(joined(broken)).rejects.toThrow('no contents');
  });

  it('can be left half-written', async () => {
    const all = Array.from({ length: 50 }, (_, i) => ({
      member: file({ name: `f${i}`, size: 100_000 }),
      content: Buffer.alloc(100_000),
    }));
    for (const partly of [false, true])
      for await (const chunk of written(all, partly)) if (chunk.length > 0) break;
  });
});

async function* chunksOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

describe('GNU tar', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'drylane-tar-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('unpacks what was written: names, contents, modes, owners, times and links', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const [tar, out] = [join(directory, 'tar'), mkdtempSync(join(directory, 'out-'))];
        writeFileSync(tar, await joined(written([one], true)));
        execFileSync('tar', ['-xpf', tar, '--warning=none', '--same-owner', '--numeric-owner', '-C', out]);
        const { member } = one;
        const path = join(out, member.name);
        const stats = lstatSync(path, { bigint: true });
        expect([Number(stats.uid), Number(stats.gid)]).toEqual([member.uid, member.gid]);
        expect(stats.isDirectory()).toBe(member.type === 'directory');
        if (member.type === 'symlink') expect(readlinkSync(path)).toBe(member.target);
        else expect(Number(stats.mode & 0o7777n)).toBe(member.mode);
        if (member.type === 'file') expect(Buffer.compare(readFileSync(path), one.content)).toBe(0);
        // What the file system underneath can say.
        const sayable = member.mtimeNs >= -(2n ** 31n) * NS && member.mtimeNs < 2n ** 33n * NS;
        if (sayable) expect(stats.mtimeNs).toBe(member.mtimeNs);
      }),
      { numRuns: 60 },
    );
  });
});
