import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangeSet } from '@drylane/proto/change-set';
import { digestOf } from '@drylane/proto/digest';
import type { FileState } from '@drylane/proto/evidence';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshOwner, ownersIn, withOwners } from './owners.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-owners-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (content: string, uid = 1000): FileState => ({
  ...{ type: 'file', size: content.length, mode: '0644', uid, gid: uid },
  ...{ sha256: digestOf(Buffer.from(content)).slice(7), target: null },
});
const setOf = (...entries: ChangeSet['entries']): ChangeSet => ({
  ...{ version: 1, entries, layer: { digest: digestOf(Buffer.from('')), size: 0 }, bases: null },
});

describe('the owners of what lands from a snapshot', () => {
  it('are those of what stands there, and one for all that is new', async () => {
    const changes = setOf(
      { path: 'a', kind: 'modified', before: file('x'), after: file('y'), mtime: null },
      { path: 'b', kind: 'added', before: null, after: file('z'), mtime: null },
      { path: 'c', kind: 'deleted', before: file('x'), after: null, mtime: null },
    );
    const there = { uid: 7, gid: 8 };
    const mine = await withOwners(changes, async (path) => (path === 'a' ? there : undefined), {
      uid: 1,
      gid: 2,
    });
    expect(mine.entries).toMatchObject([
      { before: { uid: 7, gid: 8 }, after: { uid: 7, gid: 8 } },
      { before: null, after: { uid: 1, gid: 2 } },
      { before: { uid: 1, gid: 2 }, after: null },
    ]);
    expect(mine.entries[0]?.after?.sha256).toBe(changes.entries[0]?.after?.sha256);
  });

  it('are looked up by the bytes of a path, and of a link itself', async () => {
    mkdirSync(join(directory, 'd'));
    writeFileSync(join(directory, 'd/\\'), '');
    symlinkSync('/nowhere', join(directory, 'link'));
    const at = ownersIn(directory);
    for (const path of ['.', 'd', 'd/\\\\', 'link'])
      expect(await at(path), path).toMatchObject({ uid: process.getuid?.() });
    expect(await at('gone')).toBeUndefined();
  });

  it('are, of what root makes, those of the directory', async () => {
    if (process.getuid?.() === 0) chownSync(directory, 1234, 1235);
    const { uid, gid } = lstatSync(directory);
    expect(await freshOwner(directory)).toMatchObject({ uid, gid });
  });
});
