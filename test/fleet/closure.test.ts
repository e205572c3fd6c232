import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closureOf } from './closure.ts';

const LOCK = {
  packages: {
    '': { devDependencies: { tool: '1.0.0' } },
    ours: { dependencies: { a: '1.0.0', '@x/other': '0.1.0' }, devDependencies: { tool: '1.0.0' } },
    other: { dependencies: { b: '2.0.0' } },
    'node_modules/@x/other': { resolved: 'other', link: true },
    'node_modules/tool': { version: '1.0.0', integrity: 'sha512-tool', dev: true },
    'node_modules/a': {
      version: '1.0.0',
      integrity: 'sha512-a',
      dependencies: { b: '1.0.0' },
      optionalDependencies: { native: '1.0.0', foreign: '1.0.0' },
      peerDependencies: { peer: '*', friend: '*' },
      peerDependenciesMeta: { friend: { optional: true } },
    },
    'node_modules/a/node_modules/b': {
      version: '1.0.0',
      integrity: 'sha512-b1',
      dependencies: { a: '1.0.0' },
    },
    'node_modules/b': { version: '2.0.0', integrity: 'sha512-b2' },
    'node_modules/native': { version: '1.0.0', integrity: 'sha512-n', optional: true },
    'node_modules/peer': { version: '1.0.0', integrity: 'sha512-p' },
    'node_modules/friend': { version: '1.0.0', integrity: 'sha512-f' },
  },
};

describe('what a service needs to run', () => {
  it('is what its dependencies lead to, each as Node finds it, and nothing for development', () => {
    expect(closureOf('ours', JSON.stringify(LOCK))).toEqual({
      workspaces: ['other', 'ours'],
      links: ['node_modules/@x/other'],
      packages: {
        'node_modules/a': '1.0.0 sha512-a',
        'node_modules/a/node_modules/b': '1.0.0 sha512-b1',
        'node_modules/b': '2.0.0 sha512-b2',
        'node_modules/native': '1.0.0 sha512-n',
        'node_modules/peer': '1.0.0 sha512-p',
      },
      optional: new Set(['node_modules/native']),
    });
  });

  it('is an error where the lockfile lacks something', () => {
    const { 'node_modules/b': _, ...packages } = LOCK.packages;
    expect(() => closureOf('ours', JSON.stringify({ packages }))).toThrow('no b, which other needs');
    expect(() => closureOf('theirs', JSON.stringify(LOCK))).toThrow('no theirs');
  });

  it.each(['dispatcher', 'comparator', 'worker'])(
    'is known for the %s, without the tools of development',
    async (name) => {
      const lockfile = await readFile(join(import.meta.dirname, '..', '..', 'package-lock.json'), 'utf8');
      const { workspaces, packages } = closureOf(`services/${name}`, lockfile);
      expect(workspaces).toEqual(expect.arrayContaining(['proto', `services/${name}`]));
      expect(workspaces).not.toContain('services/cli');
      expect(Object.keys(packages)).toContain('node_modules/zod');
      for (const tool of ['vitest', 'typescript', 'fast-check', 'knip'])
        expect(Object.keys(packages)).not.toContain(`node_modules/${tool}`);
    },
  );
});
