import { ChangeSet, type ChangeSetEntry } from '@drylane/proto/change-set';
import type { FileState } from '@drylane/proto/evidence';
import { describe, expect, it } from 'vitest';
import type { PatchHead } from './mail.ts';
import { contentsOf, entriesOf, file, HEAD, stateOf, type Things } from './patch.fixture.ts';
import { patchOf } from './patch.ts';

describe('a patch', () => {
  it.each<Partial<PatchHead>>([
    { subject: 'two\nlines' },
    { subject: '' },
    { subject: 'x'.repeat(501) },
    { author: { name: 'a\nBcc: x', email: 'a@b' } },
    { author: { name: 'abc', email: 'a@b>\nX: y' } },
    { author: { name: 'abc', email: '' } },
    { author: { name: 'a "b"', email: 'a@b' } },
    { author: { name: 'ab', email: 'a@b' } },
    { author: { name: 'é'.repeat(31), email: 'a@b' } },
    { date: new Date(Number.NaN) },
    { trailers: { 'Drylane-Run': 'a\n---' } },
    { trailers: { 'Drylane-Run': '' } },
    { trailers: { 'Drylane-Run': 'two words' } },
    { trailers: { From: 'x' } },
    { trailers: { 'X-Y\nA-B': 'x' } },
  ])('is refused with the head %j', async (wrong) => {
    const made = patchOf({ entries: [] }, contentsOf({}), { ...HEAD, ...wrong });
    await expect(made).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('says what git has no word for', async () => {
    const dir = (mode = '0755'): FileState => ({
      type: 'dir',
      size: 0,
      mode,
      uid: 0,
      gid: 0,
      sha256: null,
      target: null,
    });
    const text = stateOf(file('x'));
    const other = { ...text, uid: 7 } as FileState;
    const entries: ChangeSetEntry[] = [
      { path: '.git', kind: 'mode', before: dir(), after: dir('0700'), mtime: null },
      { path: '.git/hooks/pre-commit', kind: 'added', before: null, after: text, mtime: null },
      { path: 'closed', kind: 'mode', before: dir(), after: dir('0700'), mtime: null },
      { path: 'empty', kind: 'added', before: null, after: dir(), mtime: null },
      { path: 'full', kind: 'added', before: null, after: dir(), mtime: null },
      { path: 'full/x', kind: 'added', before: null, after: text, mtime: null },
      { path: 'gone', kind: 'deleted', before: dir(), after: null, mtime: null },
      { path: 'owned', kind: 'mode', before: text, after: other, mtime: null },
      { path: 'private', kind: 'mode', before: text, after: stateOf(file('x', 0o600)), mtime: null },
    ];
    const layer = { digest: `sha256:${'0'.repeat(64)}`, size: 0 };
    expect(ChangeSet.safeParse({ version: 1, entries, layer, bases: null }).success).toBe(true);
    const { text: mail, untold } = await patchOf(
      { entries },
      contentsOf({ 'full/x': [null, file('x')] }),
      HEAD,
    );
    expect(untold.map(({ path }) => path)).toEqual([
      '.git',
      '.git/hooks/pre-commit',
      'closed',
      'empty',
      'owned',
      'private',
    ]);
    expect(mail?.match(/^diff --git.*$/gm)).toEqual(['diff --git a/full/x b/full/x']);
    const nothing = await patchOf(
      { entries: entries.filter(({ path }) => path === 'empty') },
      contentsOf({}),
      HEAD,
    );
    expect(nothing.text).toBeNull();
  });

  it('is refused for files that are too large, with their names, before any is read', async () => {
    const huge = { ...stateOf(file('x')), size: 2 ** 27 } as FileState;
    const entries: ChangeSetEntry[] = ['a', 'b'].map((path) => ({
      path,
      kind: 'added',
      before: null,
      after: huge,
      mtime: null,
    }));
    await expect(patchOf({ entries }, contentsOf({}), HEAD)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'a' }, { field: 'b' }],
    });
  });

  it('is refused where all files together, or what would be written of them, is too large', async () => {
    const things: Things = { a: [file('12345'), file('123456')], b: [null, file('1234567')] };
    const make = (limits: object) =>
      patchOf({ entries: entriesOf(things) }, contentsOf(things), HEAD, {
        limits: { file: 7, files: 18, patch: 2000, ...limits },
      });
    expect((await make({})).text).toContain('+1234567');
    await expect(make({ files: 17 })).rejects.toMatchObject({ problems: [{ field: 'files' }] });
    await expect(make({ patch: 300 })).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'patch' }],
    });
  });

  it('is given up when it is told to', async () => {
    const things: Things = { a: [file('1'), file('2')] };
    const made = patchOf({ entries: entriesOf(things) }, contentsOf(things), HEAD, {
      signal: AbortSignal.abort(),
    });
    await expect(made).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is never made of other contents than the change set says', async () => {
    const things: Things = { a: [file('1'), file('2')] };
    const read = async () => Buffer.from('3');
    for (const wrong of [{ before: read }, { after: read }]) {
      const made = patchOf({ entries: entriesOf(things) }, { ...contentsOf(things), ...wrong }, HEAD);
      await expect(made).rejects.toMatchObject({ code: 'internal' });
    }
  });
});
