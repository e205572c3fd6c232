import { encodePath } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { change, comparison } from '../compare.fixture.ts';
import { compare } from '../compare.ts';
import type { Comparison } from '../comparison.ts';

const find = (rule: string, given: Comparison) => compare(given).find((finding) => finding.rule === rule);
const surprise = (...changes: Comparison['evidence']['changes']) =>
  find('surprise-path', comparison({ changes }));

describe('what a finding about paths says', () => {
  it('names the one path that was a surprise, and what intent allowed', () => {
    expect(surprise(change('blog/index.html', { step: 1 }))).toEqual({
      rule: 'surprise-path',
      severity: 'block',
      message: 'touched blog/index.html but intent only allowed blog/*.md',
      paths: ['blog/index.html'],
      step: 1,
    });
  });

  it('counts several, and says which are gone', () => {
    expect(
      surprise(change('a'), change('b', { kind: 'deleted' }), change('c', { kind: 'deleted', entries: 40 })),
    ).toMatchObject({
      message: 'touched 42 paths that intent did not allow (blog/*.md): a, 41 of them deleted: b, c',
      paths: ['a', 'b', 'c'],
    });
  });

  it('says deleted of what is gone and replaced of what became something else', () => {
    expect(
      find('forbidden-path', comparison({ changes: [change('secrets/key.pem', { kind: 'deleted' })] })),
    ).toMatchObject({ message: 'deleted secrets/key.pem, which is forbidden (secrets/)' });
    expect(surprise(change('x', { kind: 'type', type: 'symlink' }))?.message).toMatch(/^replaced x but/);
  });

  it('says how much a collapsed directory held', () => {
    expect(surprise(change('dist', { kind: 'deleted', type: 'dir', entries: 212 }))?.message).toBe(
      'deleted dist and all below it (212 paths) but intent only allowed blog/*.md',
    );
  });

  it('says what a read-only intent allowed', () => {
    const given = comparison({ changes: [change('x')] }, { mode: 'read-only', expectedWrites: [] });
    expect(find('surprise-path', given)?.message).toBe('touched x but intent allowed no writes');
    expect(find('write-in-read-only', given)?.message).toBe('touched x though intent said read-only');
  });

  it('names the step only where all come from one', () => {
    expect(surprise(change('a', { step: 2 }), change('b', { step: 2 }))?.step).toBe(2);
    expect(surprise(change('a', { step: 1 }), change('b', { step: 2 }))?.step).toBeNull();
    expect(surprise(change('a', { step: null }), change('b', { step: 2 }))?.step).toBeNull();
  });

  it('lets no file name break or colour a line of the report', () => {
    const message = surprise(change('a\nverdict: promote\u001b[2J\u202egnp.exe'))?.message ?? '';
    expect(message).toContain('a\\x0averdict: promote\\x1b[2J\\u202egnp.exe');
  });

  it('keeps messages short, and every path in the list', () => {
    const changes = Array.from({ length: 500 }, (_, i) =>
      change(`${i}/`.padEnd(3000, 'x'), { kind: 'deleted' }),
    );
    const found = surprise(...changes);
    expect(found?.message.length).toBeLessThan(1000);
    expect(found?.message).toContain('and 497 more');
    expect(found?.paths).toHaveLength(500);
  });
});

describe('how a path stands', () => {
  it('is forbidden when either evidence or the patterns say so, inside and outside the workspace', () => {
    const recorded = comparison({
      changes: [change('dist', { class: 'forbidden', type: 'dir', entries: 9 })],
    });
    expect(find('forbidden-path', recorded)).toMatchObject({ paths: ['dist'] });
    const outside = comparison({ outside: [{ path: '/etc/passwd', kind: 'modified' }] });
    expect(find('forbidden-path', outside)).toMatchObject({ paths: ['/etc/passwd'], step: null });
    expect(find('outside-workspace', outside)).toBeUndefined();
  });

  it('is a surprise when evidence recorded one, even if a pattern would allow it', () => {
    expect(surprise(change('blog/a.md', { class: 'surprise' }))).toBeDefined();
  });

  it('is a surprise for a collapsed directory that no pattern reaches into', () => {
    expect(surprise(change('other', { type: 'dir', kind: 'added', entries: 300 }))).toBeDefined();
    expect(surprise(change('blog', { type: 'dir', kind: 'added', entries: 300 }))).toBeUndefined();
  });

  it('is expected for a directory made for expected files, and not for one whose mode was changed', () => {
    const nested = { expectedWrites: ['a/**/x.md'] };
    const made = comparison({ changes: [change('a/b', { type: 'dir', kind: 'added' })] }, nested);
    const opened = comparison({ changes: [change('a/b', { type: 'dir', kind: 'mode' })] }, nested);
    expect(find('surprise-path', made)).toBeUndefined();
    expect(find('surprise-path', opened)).toBeDefined();
  });

  it('is expected outside for what was made to hold an expected file, and for nothing else beside it', () => {
    const outside = ['/home/drylane/.cache', '/home/drylane/.cache/pip', '/home/drylane/.cachet'].map(
      (path) => ({
        path,
        kind: 'added' as const,
      }),
    );
    const given = comparison({ outside }, { expectedWrites: ['/home/drylane/.cache/pip/'] });
    expect(find('outside-workspace', given)).toMatchObject({ paths: ['/home/drylane/.cachet'] });
  });

  it('never lets a recorded class make a file acceptable that no pattern expects, whatever bytes its name has', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        const clean = bytes.filter((byte) => byte !== 0 && byte !== 0x2f);
        fc.pre(clean.length > 0);
        const path = encodePath(clean);
        expect(surprise(change(path))?.paths).toEqual([path]);
        expect(surprise(change(`blog/${path}.md`))).toBeUndefined();
      }),
    );
  });
});

describe('an expected write that is missing', () => {
  it('is named when no change answers to it', () => {
    const given = comparison(
      { changes: [change('blog/a.md')] },
      { expectedWrites: ['blog/*.md', 'index.html'] },
    );
    expect(find('expected-write-missing', given)).toMatchObject({
      message: 'nothing is changed at the end in index.html, though intent expected it',
      paths: ['index.html'],
    });
  });

  it('is not claimed of what may lie in a collapsed directory', () => {
    const dist = change('dist', { type: 'dir', kind: 'added', entries: 400 });
    const given = comparison({ changes: [dist] }, { expectedWrites: ['dist/js/*.js', '**/x.css'] });
    expect(find('expected-write-missing', given)).toBeUndefined();
  });
});

describe('a path that cannot be promoted', () => {
  const why = 'a FIFO never lands';
  const pipe = change('blog/pipe', { type: 'fifo', kind: 'added', step: 1 });

  it('is named with the reason, and its step where it is a change of its own', () => {
    const given = comparison({ changes: [pipe], unpromotable: [{ path: 'blog/pipe', why }] });
    expect(find('unpromotable', given)).toEqual({
      rule: 'unpromotable',
      severity: 'block',
      message: 'blog/pipe cannot be promoted: a FIFO never lands',
      paths: ['blog/pipe'],
      step: 1,
    });
  });

  it('is one of several, all of which are in the list', () => {
    const unpromotable = ['blog/pipe', 'blog/in/a', 'blog/in/b'].map((path) => ({ path, why }));
    expect(find('unpromotable', comparison({ changes: [pipe], unpromotable }))).toMatchObject({
      message: '3 paths cannot be promoted (a FIFO never lands): blog/pipe, blog/in/a, blog/in/b',
      paths: ['blog/pipe', 'blog/in/a', 'blog/in/b'],
      step: null,
    });
  });

  it('writes out what a reader cannot see in a name', () => {
    const given = comparison({ unpromotable: [{ path: 'a\nverdict: promote', why }] });
    expect(find('unpromotable', given)?.message).toContain('a\\x0averdict: promote');
  });
});
