import type { ChangeSetEntry } from '@drylane/proto/change-set';
import { FILE_TYPES, type FileState, type FileType } from '@drylane/proto/evidence';
import { describe, expect, it } from 'vitest';
import { membersOf } from './members.ts';

const state = (type: FileType, over: Partial<FileState> = {}): FileState => ({
  ...{ type, size: 0, mode: '0640', uid: 7, gid: 8 },
  sha256: type === 'file' ? 'a'.repeat(64) : null,
  target: type === 'symlink' ? 'there' : null,
  ...over,
});
const entry = (path: string, before: FileState | null, after: FileState | null): ChangeSetEntry => ({
  ...{ path, before, after, mtime: null },
  kind: before === null ? 'added' : after === null ? 'deleted' : before.type === after.type ? 'mode' : 'type',
});
const names = (...entries: ChangeSetEntry[]) => membersOf(entries).map(({ name }) => name);

describe('the members of a layer', () => {
  it.each(FILE_TYPES)('say of a %s that is gone only that it is', (type) => {
    expect(membersOf([entry('d/x', state(type), null)])).toEqual([
      {
        ...{ type: 'file', name: 'd/.wh.x', mode: 0o600, uid: 0, gid: 0 },
        ...{ size: 0, mtimeNs: 0n, target: null },
      },
    ]);
  });

  it('say of what stands there what the manifest says', () => {
    const file = state('file', { size: 5, mode: '4755' });
    expect(membersOf([{ ...entry('a\\\\é', null, file), mtime: '-12' }])).toEqual([
      {
        ...{ type: 'file', name: 'a\\é', mode: 0o4755, uid: 7, gid: 8 },
        ...{ size: 5, mtimeNs: -12n, target: null },
      },
    ]);
    expect(membersOf([entry('l', null, state('symlink', { target: 'a\\\\b' }))])).toMatchObject([
      { type: 'symlink', target: 'a\\b', size: 0 },
    ]);
    expect(membersOf([entry('.', state('dir'), state('dir', { mode: '0700' }))])).toMatchObject([
      { type: 'directory', name: '.', mode: 0o700 },
    ]);
  });

  it('say nothing of what went with a directory, and something of all beside it', () => {
    const [dir, file] = [state('dir'), state('file')];
    expect(
      names(
        entry('a', dir, null),
        entry('a/b', dir, null),
        entry('a/b/c', file, null),
        entry('a/d', file, null),
        entry('a.b', file, null),
        entry('ab', file, null),
        entry('k/x', file, null),
        entry('t', dir, file),
        entry('t/x', file, null),
        entry('u', file, dir),
        entry('u/x', null, file),
      ),
    ).toEqual(['.wh.a', '.wh.a.b', '.wh.ab', 'k/.wh.x', 't', 'u', 'u/x']);
  });
});
