import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestOfJson } from '@drylane/proto/digest';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TreeLimits } from './limits.ts';
import { packWorkspace } from './pack.ts';
import { unpackSnapshot } from './snapshot.ts';
import { surveyWorkspace } from './survey.ts';
import { inParts, rawTar } from './tar.fixture.ts';

const LIMITS: TreeLimits = { entries: 1000, bytes: 2 ** 24, ratio: 20, depth: 8 };

let scratch: string;
let source: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'drylane-pack-'));
  source = join(scratch, 'source');
  mkdirSync(source);
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const survey = (exclude: readonly string[] = [], limits: Partial<TreeLimits> = {}, directory = source) =>
  surveyWorkspace(directory, { exclude, limits: { ...LIMITS, ...limits } });

async function bytesOf(tar: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const pack = async (exclude: readonly string[] = []) => bytesOf(packWorkspace(source, await survey(exclude)));

const unpack = (tar: Uint8Array, directory: string) =>
  unpackSnapshot(inParts(tar, 4096), directory, { limits: LIMITS, owner: null, expected: null });

function put(name: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(join(source, name)), { recursive: true });
  writeFileSync(join(source, name), content);
  chmodSync(join(source, name), mode);
}

/** A tree that a person may have: by name, contents and permissions; null is a directory. */
const part = fc.constantFrom(
  'a',
  'b',
  'c d',
  '.git',
  '-x',
  'é',
  '\\',
  '"',
  '__proto__',
  'n'.repeat(120),
  '\n',
);
const trees = fc.dictionary(
  fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
  fc.record({
    kind: fc.constantFrom('file', 'dir', 'link'),
    content: fc.string({ maxLength: 200 }),
    mode: fc.constantFrom(0o644, 0o755, 0o600, 0o400),
    time: fc.integer({ min: -1_000_000, max: 2 ** 31 }),
  }),
  { maxKeys: 12 },
);

function build(
  tree: Readonly<Record<string, { kind: string; content: string; mode: number; time: number }>>,
) {
  for (const [name, { kind, content, mode, time }] of Object.entries(tree)) {
    const path = join(source, name);
    try {
      mkdirSync(dirname(path), { recursive: true });
      if (kind === 'dir') mkdirSync(path, { recursive: true });
      else if (kind === 'file') writeFileSync(path, content, { flag: 'wx', mode });
      else symlinkSync(`../${content.replaceAll('\0', '')}x`, path);
      if (kind === 'file') utimesSync(path, time, time);
    } catch {
      // Two names of one tree may stand in each other's way.
    }
  }
}

describe('a workspace', () => {
  it('keeps its digest when it is packed, unpacked and packed again', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        for (const name of readdirSync(scratch)) rmSync(join(scratch, name), { recursive: true });
        mkdirSync(source);
        build(tree);
        const first = await survey();
        const copy = join(scratch, 'copy');
        const tar = await bytesOf(packWorkspace(source, first));
        const planted = await unpack(tar, copy);
        const second = await survey([], {}, copy);
        expect(planted.digest).toBe(first.digest);
        expect(second.digest).toBe(first.digest);
        expect(Buffer.compare(await bytesOf(packWorkspace(source, first)), tar)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('has the digest of its manifest, and every fact in it counts', async () => {
    put('a', 'text');
    put('d/b', 'more', 0o755);
    symlinkSync('a', join(source, 'l'));
    const { digest, found } = await survey();
    const entries = found.map(({ entry }) => entry);
    expect(entries.map(({ path }) => path)).toEqual(['a', 'd', 'd/b', 'l']);
    expect(digest).toBe(digestOfJson({ version: 1, entries }));
    const digests = new Set([digest]);
    const changes = [
      () => put('a', 'texT'),
      () => put('a', 'texT', 0o600),
      () => put('e', ''),
      () => mkdirSync(join(source, 'empty')),
      () => chmodSync(join(source, 'empty'), 0o700),
      () => symlinkSync('b', join(source, 'm')),
    ];
    for (const change of changes) {
      change();
      digests.add((await survey()).digest);
    }
    expect(digests.size).toBe(changes.length + 1);
  });

  it('is read by GNU tar as it is', async () => {
    put('dir/run', 'go', 0o755);
    put('ünï/deep/er', 'x'.repeat(5000));
    put(`long/${'n'.repeat(200)}`, 'y');
    symlinkSync('../nowhere', join(source, 'l'));
    const [tar, copy] = [join(scratch, 'x.tar'), join(scratch, 'copy')];
    writeFileSync(tar, await pack());
    mkdirSync(copy);
    execFileSync('tar', ['-xpf', tar, '-C', copy]);
    expect((await survey([], {}, copy)).digest).toBe((await survey()).digest);
    expect(lstatSync(join(copy, 'dir/run')).mtimeMs).toBe(lstatSync(join(source, 'dir/run')).mtimeMs);
  });

  it('packed by GNU tar is the same', async () => {
    put('dir/run', 'go', 0o755);
    put(`${'n'.repeat(90)}/${'m'.repeat(60)}/ünï`, 'x');
    symlinkSync('t'.repeat(200), join(source, 'l'));
    const { digest } = await survey();
    for (const format of ['gnu', 'posix', 'ustar']) {
      if (format === 'ustar') rmSync(join(source, 'l'));
      const tar = execFileSync('tar', ['-c', `--format=${format}`, '-C', source, '.']);
      const copy = join(scratch, format);
      const planted = await unpack(tar, copy);
      expect(planted.digest, format).toBe(format === 'ustar' ? (await survey()).digest : digest);
    }
  });

  it('leaves out what is excluded with all below it, and nothing that an ignore file names', async () => {
    for (const name of ['.gitignore', 'kept', 'node_modules/x/y', 'src/node_modules/z', 'a.log', 'src/b.log'])
      put(name, 'kept');
    const names = async (...exclude: string[]) =>
      (await survey(exclude)).found.map(({ entry }) => entry.path);
    expect(await names('node_modules/', '*.log')).toEqual([
      '.gitignore',
      'kept',
      'src',
      'src/b.log',
      'src/node_modules',
      'src/node_modules/z',
    ]);
    expect(await names('**/node_modules', '**/*.log')).toEqual(['.gitignore', 'kept', 'src']);
    const tar = await pack(['src', 'node_modules', '*.log', '.gitignore']);
    await unpack(tar, join(scratch, 'copy'));
    expect(readdirSync(join(scratch, 'copy'))).toEqual(['kept']);
  });

  it('is refused with every name that no snapshot holds', async () => {
    put('setuid', '', 0o4755);
    execFileSync('mkfifo', [join(source, 'fifo')]);
    writeFileSync(Buffer.from(`${source}/\xff`, 'latin1'), '');
    symlinkSync(Buffer.from('\xff', 'latin1'), join(source, 'link'));
    const failure = await survey().catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: 'bad-input' });
    expect(failure).toHaveProperty(
      'problems',
      expect.arrayContaining([
        expect.objectContaining({ field: 'setuid', message: 'is set-uid or set-gid' }),
        expect.objectContaining({ field: 'fifo', message: 'is a fifo' }),
        expect.objectContaining({ field: '\\xff', message: 'has a name that is not UTF-8' }),
        expect.objectContaining({ field: 'link' }),
      ]),
    );
    await survey(['setuid', 'fifo', 'link', '*ÿ', '**']);
  });

  it.each([
    ['entries', { entries: 2 }, { entries: 3 }],
    ['bytes', { bytes: 9 }, { bytes: 10 }],
    ['levels', { depth: 1 }, { depth: 2 }],
  ] as const)('is refused for too many %s', async (_, over, exact) => {
    put('d/a', '12345');
    put('b', '12345');
    await survey([], exact);
    await expect(survey([], over)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it.each([
    ['grew', () => put('a', 'longer')],
    ['changed', () => put('a', 'texT')],
    ['shrank', () => truncateSync(join(source, 'a'), 1)],
    ['vanished', () => rmSync(join(source, 'a'))],
    [
      'became a link',
      () => {
        rmSync(join(source, 'a'));
        symlinkSync('/etc/passwd', join(source, 'a'));
      },
    ],
  ])('is not packed whole when a file %s meanwhile', async (_, harm) => {
    put('a', 'text');
    const surveyed = await survey();
    harm();
    const tar = bytesOf(packWorkspace(source, surveyed));
    await expect(tar).rejects.toMatchObject({ code: 'bad-input', problems: [{ field: 'workspace' }] });
  });
});

describe('whatever a tar says', () => {
  const names = fc
    .array(fc.constantFrom('a', 'b', '..', '.', '', 'l', '/'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  const members = fc.array(
    fc.record({
      name: names,
      type: fc.constantFrom('file', 'directory', 'symlink', 'link'),
      linkname: fc.constantFrom('..', '/', '../outside', 'a', 'l', '.'),
    }),
    { maxLength: 8 },
  );

  it('nothing lands outside, and a refused tree leaves nothing', async () => {
    mkdirSync(join(scratch, 'outside'));
    await fc.assert(
      fc.asyncProperty(members, async (told) => {
        const raw = told.map(({ linkname, ...member }) =>
          member.type === 'file' ? { ...member, content: 'x' } : { ...member, linkname },
        );
        const done = await unpack(await rawTar(...raw), join(scratch, 'tree')).catch(() => null);
        const left = done === null ? ['outside', 'source'] : ['outside', 'source', 'tree'];
        expect(readdirSync(scratch).sort()).toEqual(left);
        expect(readdirSync(join(scratch, 'outside'))).toEqual([]);
        if (done === null) return;
        expect((await survey([], {}, join(scratch, 'tree'))).digest).toBe(done.digest);
        rmSync(join(scratch, 'tree'), { recursive: true });
      }),
      { numRuns: 200 },
    );
  });

  it('flipped bytes are refused, or give a tree inside', async () => {
    const tar = await rawTar({ name: 'd', type: 'directory' }, { name: 'd/f', content: 'text' });
    await fc.assert(
      fc.asyncProperty(fc.nat(1600), fc.nat(255), async (at, value) => {
        const flipped = Buffer.from(tar);
        flipped[at] = value;
        const done = await unpack(flipped, join(scratch, 'tree')).catch((cause: unknown) => cause);
        if (done instanceof Error) expect(done).toMatchObject({ code: 'bad-input' });
        rmSync(join(scratch, 'tree'), { recursive: true, force: true });
        expect(readdirSync(scratch)).toEqual(['source']);
      }),
      { numRuns: 200 },
    );
  });
});
