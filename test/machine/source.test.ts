import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SourceFile, sourceDigest, sourceFiles } from './source.ts';

const anyFile = fc.record({ path: fc.string(), executable: fc.boolean(), sha256: fc.string() });
const anyFiles = fc.uniqueArray(anyFile, { selector: (file) => file.path, maxLength: 6 });
const anyAdded = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });

describe('sourceDigest', () => {
  it('does not depend on the order in which files were listed', () => {
    fc.assert(
      fc.property(anyFiles, anyAdded, (files, added) => {
        expect(sourceDigest([...files].reverse(), added)).toBe(sourceDigest(files, added));
      }),
    );
  });

  it('differs when anything that goes into the image differs', () => {
    const [file, added] = [{ path: 'Dockerfile', executable: false, sha256: 'aa' }, { node: '24.21.0' }];
    const others: readonly (readonly [readonly SourceFile[], Record<string, string>])[] = [
      [[], added],
      [[{ ...file, path: 'dockerfile' }], added],
      [[{ ...file, executable: true }], added],
      [[{ ...file, sha256: 'ab' }], added],
      [[file], {}],
      [[file], { node: '24.21.1' }],
    ];
    const digests = [[[file], added] as const, ...others].map(([files, more]) => sourceDigest(files, more));
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('sourceFiles', () => {
  let scratch = '';
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'drylane-source-'));
    await writeFile(join(scratch, 'a'), 'abc');
  });
  afterEach(() => rm(scratch, { recursive: true }));

  it('reads names, modes and contents', async () => {
    await chmod(join(scratch, 'a'), 0o755);
    expect(await sourceFiles(scratch)).toEqual([
      {
        path: 'a',
        executable: true,
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    ]);
  });

  it('refuses a link and a directory, whose content the digest would not cover', async () => {
    await symlink('/etc/passwd', join(scratch, 'link'));
    await expect(sourceFiles(scratch)).rejects.toThrow('not a plain file');
    await rm(join(scratch, 'link'));
    await mkdir(join(scratch, 'directory'));
    await expect(sourceFiles(scratch)).rejects.toThrow('not a plain file');
  });
});
