import { Intent } from '@drylane/proto/envelope';
import type { Change } from '@drylane/proto/evidence';
import { blankAttempt, blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import { classifyPath, decodePath, encodePath, type PathPattern, pathRules } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { envelope } from './admit.fixture.ts';
import { type Observed, suggest } from './suggest.ts';

const quiet: Observed = blankEvidence();
const change = (path: string, over: Partial<Change> = {}): Change =>
  blankChange(path, { class: 'surprise', ...over });

const writes = (paths: readonly (string | Change)[], forbidden: readonly PathPattern[] = []) => {
  const changes = paths.map((path) => (typeof path === 'string' ? change(path) : path));
  return suggest(blankEvidence({ changes }), envelope(), forbidden).expected_writes;
};

describe('the expected writes that are suggested', () => {
  it('name few files exactly, and many alike by their extension', () => {
    expect(writes(['blog/a.md', 'blog/b.md', 'index.html'])).toEqual([
      'blog/a.md',
      'blog/b.md',
      'index.html',
    ]);
    expect(writes(['blog/a.md', 'blog/b.md', 'blog/c.md', 'blog/x/d.md'])).toEqual([
      'blog/*.md',
      'blog/x/d.md',
    ]);
    expect(writes(['a/Makefile', 'b/Makefile', 'c/Makefile'])).toEqual([
      'a/Makefile',
      'b/Makefile',
      'c/Makefile',
    ]);
  });

  it('name a directory that is new, or reported as one change, with all below it', () => {
    const dist = change('dist', { type: 'dir', kind: 'added' });
    expect(writes([dist, 'dist/a.js', 'dist/x/b.css'])).toEqual(['dist/']);
    expect(writes([change('old', { type: 'dir', kind: 'deleted', entries: 40 }), 'a'])).toEqual([
      'a',
      'old/',
    ]);
    expect(writes([change('empty', { type: 'dir', kind: 'added' })])).toEqual(['empty']);
  });

  it('are not generalised where the pattern could mean a forbidden path', () => {
    const files = ['config/a.yml', 'config/b.yml', 'config/c.yml'];
    expect(writes(files, ['**/secret.yml'])).toEqual(files);
    expect(writes([...files, change('config/d.yml', { class: 'forbidden' })])).toEqual(files);
    const dist = change('dist', { type: 'dir', kind: 'added' });
    expect(writes([dist, 'dist/a.js'], ['**/.env'])).toEqual(['dist', 'dist/a.js']);
  });

  it('leave out what is forbidden, so that nothing is loosened', () => {
    expect(writes(['secrets/key', 'a'], ['secrets/'])).toEqual(['a']);
    expect(suggest(blankEvidence({ changes: [change('x', { class: 'forbidden' })] }), envelope()).mode).toBe(
      'read-only',
    );
  });

  it('mean a name that cannot be written as tightly as they can', () => {
    expect(writes(['a/*.md'])).toEqual(['a/*.md']);
    expect(writes(['x/**'])).toEqual(['x/*']);
    expect(writes(['x/a\\xff\\xfeb'])).toEqual(['x/a*b']);
    expect(writes(['x/back\\\\slash'])).toEqual(['x/back\\slash']);
  });

  it('name what lies outside the workspace by absolute paths', () => {
    const outside = [{ path: '/etc/hosts', kind: 'modified' as const }];
    expect(suggest(blankEvidence({ outside }), envelope())).toMatchObject({
      mode: 'mutating',
      expected_writes: ['/etc/hosts'],
    });
  });

  it('name directories when there are too many to list, and stay an intent', () => {
    const paths = Array.from({ length: 3000 }, (_, i) => change(`d${i % 40}/e${i}/f${i}`));
    const found = suggest(blankEvidence({ changes: paths }), envelope());
    expect(found.expected_writes).toHaveLength(40);
    expect(Intent.safeParse(found).success).toBe(true);
  });
});

describe('what else is suggested', () => {
  it('is a read-only intent for a command that wrote nothing', () => {
    expect(suggest(quiet, envelope())).toEqual({ mode: 'read-only', network: 'none' });
  });

  it('is each host that was tried, with its port where one was seen', () => {
    const network = [
      blankAttempt({}),
      blankAttempt({ protocol: 'dns', port: 53 }),
      blankAttempt({ protocol: 'dns', port: 53, host: 'Registry.Example.com.' }),
      blankAttempt({ host: null, address: '10.0.0.1', port: 80 }),
      blankAttempt({ protocol: 'unix', host: null, address: '/run/x', port: null }),
      blankAttempt({ host: null, address: '::1', port: 80 }),
    ];
    expect(suggest(blankEvidence({ network }), envelope()).network).toEqual([
      '10.0.0.1:80',
      'api.github.com:443',
      'registry.example.com',
    ]);
  });

  it('is the exit status that was seen, unless there was none', () => {
    expect(suggest(blankEvidence({ exit_code: 3 }), envelope()).expected_exit).toEqual([3]);
    expect(suggest(blankEvidence({ exit_code: 0 }), envelope()).expected_exit).toBeUndefined();
    const killed = suggest(blankEvidence({ exit_code: null }), envelope({}, { expected_exit: [0, 1] }));
    expect(killed.expected_exit).toEqual([0, 1]);
  });

  it('keeps the words, the forbidden paths and the credentials of the intent', () => {
    const intent = { summary: 's', reviewer_note: 'n', forbidden_paths: ['x/'], credentials: ['T'] };
    expect(suggest(quiet, envelope({}, intent))).toMatchObject(intent);
  });
});

describe('the same evidence held against the suggested intent', () => {
  const name = fc.oneof(
    fc.constantFrom('a.md', 'b.md', 'c.md', 'd.md', 'e.js', 'x', '*', '**', '.env', '-rf', 'ü.md'),
    fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => {
      const clean = bytes.filter((byte) => byte !== 0 && byte !== 0x2f);
      const text = Buffer.from(clean).toString('latin1');
      return text === '' || text === '.' || text === '..' ? 'x' : text;
    }),
  );
  const path = fc
    .array(name, { minLength: 1, maxLength: 4 })
    .map((parts) => encodePath(Buffer.from(parts.join('/'), 'latin1')));
  const anyChange = fc
    .tuple(path, fc.constantFrom<Change['kind']>('added', 'modified', 'deleted'), fc.boolean(), fc.boolean())
    .map(([at, kind, dir, many]) =>
      change(at, { kind, type: dir ? 'dir' : 'file', entries: dir && many ? 9 : 1 }),
    );
  const forbidden = fc.subarray(['**/.env', 'x/', '*.js', 'a.md/**/b.md']);

  it('holds no surprise, and loosens nothing that was forbidden', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 40 }), forbidden, (changes, never) => {
        const found = suggest(blankEvidence({ changes }), envelope({}, { forbidden_paths: never }));
        expect(Intent.safeParse(found).success).toBe(true);
        expect(found.forbidden_paths).toEqual(never);
        const rules = pathRules(found.expected_writes ?? [], never);
        const standing = changes.map(({ path: at }) => classifyPath(rules, decodePath(at)));
        expect(standing).not.toContain('surprise');
      }),
      { numRuns: 300 },
    );
  });

  it('ends for a hostile run', () => {
    const never = Array.from({ length: 200 }, (_, i) => `${'*a'.repeat(500)}${i}`);
    const changes = Array.from({ length: 3000 }, (_, i) => change(`d${i % 100}/${i}.x${i % 7}`));
    expect(suggest(blankEvidence({ changes }), envelope(), never).mode).toBe('mutating');
  });
});
