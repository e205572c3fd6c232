import type { Change, FileState } from '@drylane/proto/evidence';
import { decodePath, encodePath } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PATCH_BYTES, type PatchBody, patchOf, quoteName } from './patch.ts';
import { rehearse } from './rehearsed.fixture.ts';

const FILE: FileState = {
  ...{ type: 'file', size: 2, mode: '0644', uid: 0, gid: 0, target: null },
  sha256: 'a'.repeat(64),
};
const CHANGE: Change = {
  ...{ path: 'x', kind: 'modified', type: 'file', class: 'expected', step: 0, binary: false, entries: 1 },
  ...{ before: FILE, after: { ...FILE, sha256: 'b'.repeat(64) }, additions: 1, deletions: 1 },
};
const HUNKS = '@@ -1 +1 @@\n-a\n+b\n';

const patch = (change: Partial<Change>, body: Partial<PatchBody> = {}, maxBytes = MAX_PATCH_BYTES) =>
  patchOf({ ...CHANGE, ...change }, { hunks: null, cut: false, inside: [], ...body }, maxBytes);

describe('patches of real changes', () => {
  it('read as those of git', async () => {
    const rehearsed = await rehearse(
      'echo a > gone; echo a > run; ln -s a link; seq 20 > text; mkdir d; echo > d/1; printf "\\0" > bin; echo a > kind',
    );
    rehearsed.run(
      `rm gone; chmod +x run; ln -sfn b link; sed -i 's/^9$/neuf/' text; rm -r d; printf "\\0\\1" > bin
       rm kind; ln -s a kind; echo new > new; mkfifo pipe; : > empty; chown 1:2 .`,
    );
    const observed = await rehearsed.observe();
    await rehearsed.end();
    expect(observed.patches.every((p) => !p.cut)).toBe(true);
    expect(observed.patches.map((p) => p.text).join('')).toMatchInlineSnapshot(`
      "diff --git a/. b/.
      old owner 0:0
      new owner 1:2
      diff --git a/bin b/bin
      Binary files a/bin and b/bin differ
      diff --git a/d b/d
      deleted file mode 040755
      Directory with 2 entries deleted
      -d/1
      diff --git a/empty b/empty
      new file mode 100644
      diff --git a/gone b/gone
      deleted file mode 100644
      --- a/gone
      +++ /dev/null
      @@ -1 +0,0 @@
      -a
      diff --git a/kind b/kind
      old mode 100644
      new mode 120000
      --- a/kind
      +++ b/kind
      @@ -0,0 +1 @@
      +a
      \\ No newline at end of file
      @@ -1 +0,0 @@
      -a
      diff --git a/link b/link
      --- a/link
      +++ b/link
      @@ -1 +1 @@
      -a
      \\ No newline at end of file
      +b
      \\ No newline at end of file
      diff --git a/new b/new
      new file mode 100644
      --- /dev/null
      +++ b/new
      @@ -0,0 +1 @@
      +new
      diff --git a/pipe b/pipe
      new file mode 010644
      diff --git a/run b/run
      old mode 100644
      new mode 100755
      diff --git a/text b/text
      --- a/text
      +++ b/text
      @@ -6,7 +6,7 @@
       6
       7
       8
      -9
      +neuf
       10
       11
       12
      "
    `);
  });
});

describe('a patch', () => {
  it('is cut at the end of a line, and says so', () => {
    const text = patch({}, { hunks: '@@ -0,0 +1,3 @@\n+one\n+two\n+three\n' }, 28);
    expect(text).toMatchObject({ cut: true });
    expect(text.text).toBe('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,3 @@\n+one\n+two\n');
  });

  it('is cut inside a line that is too long by itself', () => {
    const { text, cut } = patch({}, { hunks: `@@ -0,0 +1 @@\n+${'x'.repeat(100)}\n` }, 40);
    expect(cut).toBe(true);
    expect(text.split('\n').at(-2)).toBe(`+${'x'.repeat(25)}`);
  });

  it('is one line when there is no room left', () => {
    expect(patch({}, { hunks: HUNKS }, 0)).toEqual({ path: 'x', text: 'diff --git a/x b/x\n', cut: true });
  });

  it('says that files differ where it cannot say how', () => {
    expect(patch({}, { cut: true })).toEqual({
      path: 'x',
      text: 'diff --git a/x b/x\nFiles a/x and b/x differ\n',
      cut: true,
    });
  });

  it('shows bytes that are not UTF-8, each as itself', () => {
    expect(patch({}, { hunks: '@@ -1 +1 @@\n-\xff\xc3\xa9\\\n+\xfe\xc3\xa9\\\n' }).text).toContain(
      '\n-\\xffé\\\n+\\xfeé\\\n',
    );
  });

  it('cannot be forged by a name: a header is one line whatever the path holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        const { text } = patch({ path: encodePath(bytes) }, { hunks: HUNKS });
        expect(text.split('\n')).toHaveLength(7);
        expect(text).toMatch(/^diff --git [^\n]*\n--- [^\n]*\n\+\+\+ [^\n]*\n@@ -1 \+1 @@\n-a\n\+b\n$/);
      }),
    );
  });

  it('names paths in a way that they can be told from', () => {
    const names = fc.uint8Array({ minLength: 1, maxLength: 6 }).map(encodePath);
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(quoteName(a) === quoteName(b)).toBe(decodePath(a).equals(decodePath(b)));
      }),
    );
  });

  it('of a collapsed directory names what is in it, and is cut when that is not all', () => {
    const directory = {
      kind: 'deleted',
      type: 'dir',
      before: { ...FILE, type: 'dir' },
      after: null,
    } as const;
    expect(patch({ ...directory, entries: 3 }, { inside: ['x/a', 'x/\n'] })).toEqual({
      path: 'x',
      text: 'diff --git a/x b/x\ndeleted file mode 040644\nDirectory with 3 entries deleted\n-x/a\n-"x/\\012"\n',
      cut: false,
    });
    expect(patch({ ...directory, entries: 4 }, { inside: ['x/a', 'x/b'] }).cut).toBe(true);
  });
});
