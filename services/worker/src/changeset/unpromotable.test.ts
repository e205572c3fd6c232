import { FILE_TYPES, type FileState, type FileType } from '@drylane/proto/evidence';
import { describe, expect, it } from 'vitest';
import type { Landing, Stood } from './landing.ts';
import { whyUnpromotable } from './unpromotable.ts';

const stood = (type: FileType, over: Partial<FileState> = {}, mtimeNs = 0n): Stood => ({
  state: {
    ...{ type, size: 0, mode: '0644', uid: 1, gid: 1, target: type === 'symlink' ? 'x' : null },
    sha256: type === 'file' ? 'a'.repeat(64) : null,
    ...over,
  },
  entry: { mtimeNs, rdev: 0n },
});
const why = (over: Partial<Landing>, named = true) =>
  whyUnpromotable({ key: 'a', before: null, after: stood('file'), ...over }, named);

/** Whether each type of file can land, where something or nothing stood before. */
const LANDS: Readonly<Record<FileType, boolean>> = {
  file: true,
  dir: true,
  symlink: true,
  fifo: false,
  socket: false,
  device: false,
};

describe('what cannot be promoted', () => {
  it.each(FILE_TYPES)('is decided for a %s, whatever stood there, and may always go', (type) => {
    for (const before of [null, ...FILE_TYPES.map((old) => stood(old))]) {
      expect(why({ before, after: stood(type) }) === null).toBe(LANDS[type]);
      expect(why({ before: stood(type), after: null })).toBeNull();
    }
  });

  it.each(['4755', '2755', '6755'])('is a file that has mode %s and had it not', (mode) => {
    const set = (over: Partial<FileState> = {}) => stood('file', { mode, ...over });
    for (const before of [null, stood('file'), stood('dir', { mode }), set({ sha256: 'b'.repeat(64) })])
      expect(why({ before, after: set() })).toContain('runs as its owner or group');
    expect(why({ before: set({ uid: 2 }), after: set() })).not.toBeNull();
    expect(why({ before: set({ gid: 2 }), after: set() })).not.toBeNull();
    expect(why({ before: set(), after: set() })).toBeNull();
    expect(why({ before: stood('file', { mode: '6755' }), after: set() })).toBeNull();
  });

  it('is a directory that has a set-user-id bit and had it not, while a group may share one', () => {
    const set = stood('dir', { mode: '4755' });
    for (const before of [null, stood('file', { mode: '4755' }), stood('dir', { mode: '2755' })])
      expect(why({ before, after: set })).not.toBeNull();
    expect(why({ before: set, after: set })).toBeNull();
    expect(why({ after: stood('dir', { mode: '2755' }) })).toBeNull();
  });

  it('is a name that no layer can say, where a layer has to', () => {
    for (const key of ['\xff', 'd\xe9/a', '.wh.a', '.wh..wh..opq', 'd/.wh.', '.wh.d/a']) {
      expect(why({ key }), key).not.toBeNull();
      expect(why({ key, before: stood('file'), after: null }), key).not.toBeNull();
      expect(why({ key, before: stood('file'), after: null }, false), key).toBeNull();
    }
    for (const key of ['', 'wh.a', '.wh', 'a.wh.', '\xc3\xa9', 'a\nb']) expect(why({ key }), key).toBeNull();
  });

  it('is a link to what is not UTF-8, and not one to a backslash', () => {
    const target = (text: string) => why({ after: stood('symlink', { target: text }) });
    expect(target('a\\xff')).not.toBeNull();
    expect([target('a\\\\xff'), target('é'), target('/etc/passwd')]).toEqual([null, null, null]);
  });

  it('is a time that a manifest cannot say', () => {
    const at = (mtimeNs: bigint) => why({ after: stood('file', {}, mtimeNs) });
    expect([at(10n ** 20n), at(-(10n ** 20n))]).not.toContain(null);
    expect([at(10n ** 20n - 1n), at(1n - 10n ** 20n)]).toEqual([null, null]);
  });
});
