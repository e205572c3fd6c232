import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realDisk } from '../promote/disk.ts';
import { needsMounts } from '../sandbox/mounts.fixture.ts';
import { Tree } from './tree.ts';
import { walk } from './walk.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'drylane-tree-'));
  mkdirSync(join(base, 'real/inner'), { recursive: true });
  writeFileSync(join(base, 'real/inner/file'), 'text');
});
afterEach(() => rmSync(base, { recursive: true }));

const openTree = () => new Tree(Buffer.from(base));
const openDescriptors = () => readdirSync('/proc/self/fd').length;

describe('a tree', () => {
  it('leads through no symbolic link, wherever it stands in a path', () => {
    symlinkSync('real', join(base, 'link'));
    symlinkSync('/etc', join(base, 'real/away'));
    symlinkSync('file', join(base, 'real/inner/alias'));
    using tree = openTree();
    const file = tree.entry('real/inner/file');
    if (file === undefined) throw new Error('the file is there');
    expect(() => tree.entry('link/inner/file')).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => tree.list('link')).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => tree.list('real/away')).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => tree.openFile('real/inner/alias', file)).toThrow(expect.objectContaining({ code: 'ELOOP' }));
    expect(tree.entry('link')?.type).toBe('symlink');
  });

  it('opens a file only if it is the one that was seen, and never waits for a FIFO', () => {
    using tree = openTree();
    const seen = tree.entry('real/inner/file');
    if (seen === undefined) throw new Error('the file is there');
    closeSync(tree.openFile('real/inner/file', seen));
    rmSync(join(base, 'real/inner/file'));
    execFileSync('mkfifo', [join(base, 'real/inner/file')]);
    expect(() => tree.openFile('real/inner/file', seen)).toThrow(expect.objectContaining({ code: 'ESTALE' }));
  });

  it('holds few directories open, however many and deep they are, and none in the end', async () => {
    const before = openDescriptors();
    for (let i = 0; i < 300; i++)
      mkdirSync(join(base, `wide/${i}/${'deep/'.repeat(i % 7)}`), { recursive: true });
    mkdirSync(join(base, 'nest/'.repeat(300)), { recursive: true });
    const tree = openTree();
    const found = await walk(tree, '', 'leave');
    expect(found.unread.size).toBe(0);
    expect(openDescriptors()).toBeLessThan(before + 70);
    for (const directory of [...found.directories.keys()].reverse())
      expect(tree.list(directory)).toHaveLength(found.directories.get(directory)?.size ?? -1);
    expect(() => tree.list('nest/nest/none/nest')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(tree.list('nest')).toEqual(['nest']);
    tree[Symbol.dispose]();
    expect(openDescriptors()).toBe(before);
  });

  it('enters no mount, not even one of its own file system where it can tell', () => {
    needsMounts();
    const inner = join(base, 'real/inner');
    execFileSync('mount', ['--bind', inner, inner]);
    try {
      using plain = openTree();
      expect(plain.list('real/inner')).toEqual(['file']);
      using told = new Tree(Buffer.from(base), 'leave', { calls: realDisk });
      expect(() => told.list('real/inner')).toThrow(expect.objectContaining({ code: 'EXDEV' }));
      expect(() => told.entry('real/inner/file')).toThrow(expect.objectContaining({ code: 'EXDEV' }));
      expect(told.list('real')).toEqual(['inner']);
    } finally {
      execFileSync('umount', [inner]);
    }
  });
});
