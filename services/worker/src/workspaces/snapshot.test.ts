import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { needsRoot } from '@drylane/chassis/rights.fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TreeLimits } from './limits.ts';
import { unpackSnapshot } from './snapshot.ts';
import { inParts, type RawMember, rawTar, reheaded } from './tar.fixture.ts';

const LIMITS: TreeLimits = { entries: 50, bytes: 2 ** 22, ratio: 20, depth: 8 };

let scratch: string;
let directory: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'drylane-snapshot-'));
  directory = join(scratch, 'tree');
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

const unpack = (tar: Uint8Array, limits: Partial<TreeLimits> = {}) =>
  unpackSnapshot(inParts(tar), directory, {
    limits: { ...LIMITS, ...limits },
    owner: null,
    expected: null,
  });

const file = (name: string, content = 'x'): RawMember => ({ name, content });
const dir = (name: string, mode = 0o755): RawMember => ({ name, type: 'directory', mode });
const link = (name: string, linkname: string): RawMember => ({ name, type: 'symlink', linkname });

async function expectRefused(tar: Uint8Array, message: RegExp, limits: Partial<TreeLimits> = {}) {
  await expect(unpack(tar, limits)).rejects.toMatchObject({
    code: 'bad-input',
    problems: [{ message: expect.stringMatching(message) }],
  });
  expect(readdirSync(scratch)).toEqual([]);
}

/** Every hostile member, or row of them, beside what is said of it. */
const HOSTILE: readonly (readonly [string, readonly RawMember[], RegExp])[] = [
  ['that climbs', [file('../outside')], /climbs/],
  ['that climbs from inside', [file('a/../../outside')], /climbs/],
  ['that is nothing but a climb', [dir('..')], /climbs/],
  ['with an absolute name', [file('/etc/cron.d/x')], /absolute/],
  ['with an absolute name after a dot', [file('.//etc/passwd')], /empty/],
  ['with an empty part', [file('a//b')], /empty/],
  ['with a dot inside', [file('a/./b')], /\. part/],
  ['that is the root and a file', [{ name: '.', content: 'x' }], /stands for the workspace itself/],
  ['below a link that leads out', [link('a', '/etc'), file('a/x')], /below what is no directory/],
  ['below a link that leads in', [dir('d'), link('a', 'd'), file('a/x')], /below what is no directory/],
  ['that turns a link into a directory', [link('a', '/etc'), dir('a'), file('a/x')], /twice/],
  ['below a file', [file('a'), file('a/x')], /below what is no directory/],
  ['that is a directory in place of a file', [file('a'), dir('a')], /twice/],
  ['that is there twice', [file('a'), file('b'), file('a')], /twice/],
  ['that is there twice, once with ./', [file('a'), file('./a')], /twice/],
  ['that replaces a link', [link('a', '/etc/passwd'), file('a')], /twice/],
  ['that replaces a directory', [file('a/b'), link('a', '/etc')], /twice/],
  ['that is a directory told twice', [dir('a'), dir('a/')], /twice/],
  ['that is a hard link out', [{ name: 'a', type: 'link', linkname: '/etc/shadow' }], /hard link/],
  ['that is a hard link inside', [file('b'), { name: 'a', type: 'link', linkname: 'b' }], /hard link/],
  [
    'that is a character device',
    [{ name: 'a', type: 'character-device', devmajor: 1, devminor: 3 }],
    /device/,
  ],
  ['that is a block device', [{ name: 'a', type: 'block-device', devmajor: 8, devminor: 0 }], /device/],
  ['that is a FIFO', [{ name: 'a', type: 'fifo' }], /FIFO/],
  [
    'that is of a kind of its own',
    [{ name: 'a', type: 'contiguous-file', content: 'x' }],
    /nothing that a workspace/,
  ],
  ['that is set-uid', [{ ...file('a'), mode: 0o4755 }], /set-uid/],
  ['that is set-gid', [{ ...file('a'), mode: 0o2755 }], /set-uid/],
  ['that is a set-gid directory', [dir('a', 0o2755)], /set-uid/],
  ['with a NUL in its name', [{ ...file('x'), pax: { path: 'a\0b' } }], /NUL/],
  ['with a NUL in its target', [{ ...link('x', 'y'), pax: { linkpath: 'a\0b' } }], /link to what is no path/],
  ['with a name too long', [file('n'.repeat(256))], /too long/],
  ['with a path too long', [file(Array.from({ length: 20 }, () => 'n'.repeat(200)).join('/'))], /too long/],
  ['with a target too long', [link('a', 't'.repeat(4096))], /too long/],
  ['with a time beyond any clock', [{ ...file('a'), pax: { mtime: '99999999999' } }], /time/],
  ['with a time that is none', [{ ...file('a'), pax: { mtime: 'yesterday' } }], /time/],
  ['that is stored as a sparse file', [{ ...file('a'), pax: { 'GNU.sparse.major': '1' } }], /sparse/],
];

describe('a snapshot', () => {
  it.each(HOSTILE)('is refused for a member %s, and leaves nothing', async (_, members, message) => {
    const depth = message.source === 'too long' ? 100 : LIMITS.depth;
    await expectRefused(await rawTar(file('honest'), ...members, file('later')), message, { depth });
  });

  it('is unpacked as it is told, links and all', async () => {
    const tar = await rawTar(
      dir('./'),
      { ...dir('closed', 0o500), pax: { mtime: '1234567890.5' } },
      { ...file('closed/run', 'go'), mode: 0o755, pax: { mtime: '-1.5' } },
      file('made/on/the/way'),
      dir('made', 0o1777),
      link('out', '/etc/passwd'),
      link('dangling', '../../nowhere'),
      file('ünï', 'umlaut'),
      { ...file('empty', ''), uid: 4711, gid: 4711 },
    );
    await unpack(tar);
    const look = (name: string) => lstatSync(join(directory, name));
    expect(look('closed').mode & 0o7777).toBe(0o500);
    expect(look('closed').mtimeMs).toBe(1_234_567_890_500);
    expect(look('closed/run').mode & 0o7777).toBe(0o755);
    expect(look('closed/run').mtimeMs).toBe(-1500);
    expect(look('made').mode & 0o7777).toBe(0o1777);
    expect(look('made/on').mode & 0o7777).toBe(0o755);
    expect(readlinkSync(join(directory, 'out'))).toBe('/etc/passwd');
    expect(readlinkSync(join(directory, 'dangling'))).toBe('../../nowhere');
    expect(look('dangling').mtimeMs).toBe(1_000_000_000_000);
    expect(readFileSync(join(directory, 'ünï'), 'utf8')).toBe('umlaut');
    expect([look('empty').uid, look('empty').gid]).toEqual([process.getuid?.(), process.getgid?.()]);
  });

  it('belongs to whom it is given, links and directories too', async () => {
    needsRoot();
    const tar = await rawTar(dir('d'), file('d/f'), link('d/l', 'f'));
    const owner = { uid: 1234, gid: 4321 };
    await unpackSnapshot(inParts(tar), directory, { limits: LIMITS, owner, expected: null });
    for (const name of ['', 'd', 'd/f', 'd/l']) {
      const { uid, gid } = lstatSync(join(directory, name));
      expect({ uid, gid }, name).toEqual(owner);
    }
  });

  it('is unpacked by whoever may not write where it is closed', async () => {
    needsRoot();
    const tar = await rawTar(dir('d', 0o500), dir('d/e', 0o100000), file('d/e/f/g'), dir('d/e/f', 0o100));
    chmodSync(scratch, 0o777);
    process.seteuid?.(1234);
    try {
      await unpack(tar);
      await expect(unpack(tar)).rejects.toMatchObject({ code: 'machine-unfit' });
    } finally {
      process.seteuid?.(0);
    }
    expect(readFileSync(join(directory, 'd/e/f/g'), 'utf8')).toBe('x');
    expect(lstatSync(join(directory, 'd/e')).mode & 0o7777).toBe(0);
  });

  it('is the same compressed', async () => {
    const tar = await rawTar(file('a', 'text'));
    const { digest } = await unpack(gzipSync(tar));
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('text');
    rmSync(directory, { recursive: true });
    expect((await unpack(tar)).digest).toBe(digest);
  });

  it('may be empty', async () => {
    await unpack(await rawTar());
    expect(readdirSync(directory)).toEqual([]);
  });

  it('that is not what was asked for leaves nothing', async () => {
    const expected = `sha256:${'0'.repeat(64)}` as const;
    const tar = await rawTar(file('a'));
    const unpacking = unpackSnapshot(inParts(tar), directory, { limits: LIMITS, owner: null, expected });
    await expect(unpacking).rejects.toMatchObject({ code: 'bad-input' });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('never goes where something stands already', async () => {
    mkdirSync(join(scratch, 'elsewhere'));
    writeFileSync(join(scratch, 'elsewhere/precious'), 'x');
    symlinkSync('elsewhere', directory);
    await expect(unpack(await rawTar(file('a')))).rejects.toMatchObject({ code: 'machine-unfit' });
    expect(readdirSync(join(scratch, 'elsewhere'))).toEqual(['precious']);
  });
});

describe('a snapshot that is too much', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => file(`f${index}`));

  it('is one entry more than the limit', async () => {
    await unpack(await rawTar(...many(50)));
    rmSync(directory, { recursive: true });
    await expectRefused(await rawTar(...many(51)), /entries/);
  });

  it('counts directories that nobody named', async () => {
    await expectRefused(await rawTar(file('1/2/3/4/5/6'), file('7/8')), /entries/, { entries: 7 });
    await unpack(await rawTar(file('1/2/3/4/5/6'), file('7/8')), { entries: 8 });
  });

  it('is one level deeper than the limit', async () => {
    await expectRefused(await rawTar(file('1/2/3/4')), /levels/, { depth: 3 });
    await unpack(await rawTar(file('1/2/3')), { depth: 3 });
  });

  it('is larger than the limit, told before its bytes have come', async () => {
    const huge = reheaded(await rawTar(file('a')), 124, '77777777777\0');
    await expectRefused(huge.subarray(0, 512), /bytes/);
  });

  it('is one byte larger than the limit', async () => {
    const tar = await rawTar(file('a', 'x'.repeat(5000)));
    await expectRefused(tar, /bytes/, { bytes: tar.length - 1 });
    await unpack(tar, { bytes: tar.length });
  });

  it('is a bomb: little that becomes much', async () => {
    const tar = await rawTar(file('zeros', '\0'.repeat(3_000_000)));
    await expectRefused(gzipSync(tar), /times its size/);
    await unpack(tar);
  });

  it('is headers without end', async () => {
    const long = { path: 'p'.repeat(100_000) };
    const tars = await rawTar(...Array.from({ length: 45 }, () => ({ ...file('a'), pax: long })));
    await expectRefused(tars, /too long/);
    const never = Buffer.concat(Array.from({ length: 45 }, () => tars.subarray(0, 100_864)));
    await expectRefused(never, /bytes/);
  });
});

describe('a tar that is not whole', () => {
  it('is refused wherever it was cut', async () => {
    const tar = await rawTar(
      dir('d'),
      file('d/a', 'x'.repeat(700)),
      file('b', '\0'.repeat(2000)),
      link('l', 'b'),
    );
    const end = tar.length - 1024;
    for (let length = 0; length < end + 1024; length += 256)
      await expectRefused(tar.subarray(0, length), /not a whole tar/);
    await unpack(tar);
  });

  it('is refused wherever its compressed bytes were cut', async () => {
    const bytes = gzipSync(await rawTar(file('a', 'text that is compressed')));
    for (let length = 2; length < bytes.length; length += 7)
      await expectRefused(bytes.subarray(0, length), /not whole as gzip|not a whole tar/);
  });

  it.each([
    ['text', Buffer.from('not a tar at all'.repeat(100))],
    ['with another checksum', Buffer.from('x'.repeat(2048))],
    ['gzip of nothing', gzipSync(Buffer.alloc(0))],
  ])('is refused when it is %s', async (_, bytes) => {
    await expectRefused(bytes, /not a whole tar/);
  });

  it('is refused when something follows that is no member', async () => {
    const tar = Buffer.concat([await rawTar(file('a')), Buffer.from('hidden'.padEnd(512, '.'))]);
    await expectRefused(tar, /not a whole tar/);
  });

  it('is refused when a header follows that belongs to no member', async () => {
    const long = await rawTar({ ...file('a'), pax: { path: 'b' } });
    const tar = Buffer.concat([
      (await rawTar(file('a'))).subarray(0, 1024),
      long.subarray(0, 1024),
      Buffer.alloc(1024),
    ]);
    await expectRefused(tar, /not a whole tar/);
  });

  it('is refused when a directory has contents', async () => {
    const tar = reheaded(await rawTar(dir('d')), 124, '00000001000\0');
    await expectRefused(tar, /has contents/);
  });

  it('is refused when a name is not UTF-8', async () => {
    await expectRefused(reheaded(await rawTar(file('a')), 0, 'a\xff'), /UTF-8/);
  });

  it('leaves nothing when its sender breaks off', async () => {
    const tar = await rawTar(file('a', 'x'.repeat(5000)));
    async function* broken() {
      yield tar.subarray(0, 2000);
      throw new Error('connection lost');
    }
    const unpacking = unpackSnapshot(broken(), directory, { limits: LIMITS, owner: null, expected: null });
    await expect(unpacking).rejects.toMatchObject({ code: 'bad-input' });
    expect(readdirSync(scratch)).toEqual([]);
  });
});
