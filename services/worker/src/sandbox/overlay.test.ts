import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountOverlay, mountsBelow, parseMountPoints, unmountOverlay } from './overlay.ts';

const MiB = 2 ** 20;
let base = '';

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'drylane-overlay-')));
});
afterEach(async () => {
  await unmountOverlay(join(base, 'run'));
  await rm(base, { recursive: true });
});

async function mountOver(lower: string, more: { sizeBytes?: number; mode?: number; lowerFd?: number } = {}) {
  await mkdir(join(base, 'run'), { recursive: true });
  return mountOverlay({
    lower,
    dir: join(base, 'run'),
    sizeBytes: MiB,
    uid: 1234,
    gid: 4321,
    mode: 0o755,
    ...more,
  });
}

describe('an overlay', () => {
  const NAMES = [
    'plain',
    'a,b:c\\d"e=f',
    'new\nline',
    "it's $HOME `x`",
    ' space ',
    '-o rw',
    '\\054upperdir=x',
    '目录',
  ];

  it.each(NAMES)('lies over a workspace called %j, which stays as it was', async (name) => {
    const lower = join(base, name);
    await mkdir(lower);
    await writeFile(join(lower, 'file'), 'was\n');
    const { merged, upper } = await mountOver(lower);
    expect(await readFile(join(merged, 'file'), 'utf8')).toBe('was\n');
    await writeFile(join(merged, 'file'), 'is\n');
    expect(await readFile(join(lower, 'file'), 'utf8')).toBe('was\n');
    expect(await readFile(join(upper, 'file'), 'utf8')).toBe('is\n');
  });

  it.each([0o755, 0o700, 0o2775, 0o1777, 0o4711])(
    "gives the root of the view the workspace's owner and mode %o",
    async (mode) => {
      await mkdir(join(base, 'ws'));
      const { merged } = await mountOver(join(base, 'ws'), { mode });
      const root = await lstat(merged);
      expect([root.uid, root.gid, root.mode & 0o7777]).toEqual([1234, 4321, mode]);
    },
  );

  it('takes the workspace as a directory that is held open', async () => {
    await mkdir(join(base, 'ws'));
    await writeFile(join(base, 'ws/here'), '');
    const held = await open(join(base, 'ws'));
    const { merged } = await mountOver('/nowhere', { lowerFd: held.fd });
    await held.close();
    expect(await readdir(merged)).toEqual(['here']);
  });

  it('lets no more bytes be written than its size, and no more files than it has inodes for', async () => {
    await mkdir(join(base, 'ws'));
    const { merged } = await mountOver(join(base, 'ws'));
    await expect(writeFile(join(merged, 'big'), Buffer.alloc(2 * MiB))).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    await rm(join(merged, 'big'));
    const fill = async () => {
      for (let i = 0; i < 20_000; i++) await (await open(join(merged, `f${i}`), 'w')).close();
    };
    await expect(fill()).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  it('leaves nothing mounted when the workspace cannot be opened or is no directory', async () => {
    await writeFile(join(base, 'file'), '');
    for (const lower of [join(base, 'gone'), join(base, 'file')]) {
      const refusal = await mountOver(lower).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DrylaneError);
      expect(refusal).toMatchObject({ code: 'sandbox-failed' });
    }
    expect(await mountsBelow(base)).toEqual([]);
  });

  it('leaves nothing mounted when the kernel refuses the second mount', async () => {
    const file = await open(join(base, 'file'), 'w');
    const refusal = await mountOver(base, { lowerFd: file.fd }).catch((error: unknown) => error);
    await file.close();
    expect(refusal).toMatchObject({ code: 'sandbox-failed' });
    expect(await mountsBelow(base)).toEqual([]);
  });

  it('is taken away while a file in it is open, any number of times, and where it never was', async () => {
    await mkdir(join(base, 'ws'));
    const { merged } = await mountOver(join(base, 'ws'));
    const held = await open(join(merged, 'held'), 'w');
    await unmountOverlay(join(base, 'run'));
    expect(await mountsBelow(base)).toEqual([]);
    await unmountOverlay(join(base, 'run'));
    await unmountOverlay(join(base, 'never'));
    await held.close();
  });
});

describe('the file systems mounted inside a directory', () => {
  it('are told relative to it, whatever their names are, and through a link to it', async () => {
    const dir = join(base, 'run');
    await mkdir(join(base, 'ws'));
    await mountOver(join(base, 'ws'));
    await symlink(base, join(base, 'link'));
    expect(await mountsBelow(base)).toEqual(['run/merged', 'run/tmpfs']);
    expect(await mountsBelow(join(base, 'link'))).toEqual(['run/merged', 'run/tmpfs']);
    expect(await mountsBelow(dir)).toEqual(['merged', 'tmpfs']);
    expect(await mountsBelow(join(dir, 'tmpfs'))).toEqual([]);
  });

  it('are not those beside it whose names begin alike', async () => {
    await mkdir(join(base, 'ws'));
    await mkdir(join(base, 'ru'));
    await mountOver(join(base, 'ws'));
    expect(await mountsBelow(join(base, 'ru'))).toEqual([]);
  });

  it('are read with the octal escapes of mountinfo', () => {
    const line = (point: string) => `36 35 98:0 / ${point} rw,noatime master:1 - ext4 /dev/root rw`;
    const text = [line('/a\\040b\\011c\\012d\\134e\\043f'), line('/\\303\\251'), ''].join('\n');
    expect(parseMountPoints(text)).toEqual(['/a b\tc\nd\\e#f', '/\xc3\xa9']);
  });
});
