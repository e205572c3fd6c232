import { describe, expect, it } from 'vitest';
import { withoutBystanders } from './outside.ts';
import { splitListing } from './volume.ts';

describe("the engine's list of changes", () => {
  it('loses mount points and directories that are there for what is in them', () => {
    const made = new Set(['/srv', '/srv/site', '/.drylane', '/.drylane/control', '/tmp']);
    const list = [
      { Path: '/.drylane', Kind: 1 },
      { Path: '/.drylane/control', Kind: 1 },
      { Path: '/srv', Kind: 0 },
      { Path: '/srv/site', Kind: 1 },
      { Path: '/etc', Kind: 0 },
      { Path: '/etc/passwd', Kind: 0 },
      { Path: '/opt', Kind: 0 },
      { Path: '/opt/new', Kind: 1 },
      { Path: '/opt/new/file', Kind: 1 },
      { Path: '/usr/bin/sed', Kind: 2 },
      { Path: '/root', Kind: 0 },
    ] as const;
    expect(withoutBystanders(list, made)).toEqual([
      { path: '/etc/passwd', kind: 'modified' },
      { path: '/opt/new/file', kind: 'added' },
      { path: '/usr/bin/sed', kind: 'deleted' },
      { path: '/root', kind: 'modified' },
    ]);
  });
});

describe("a lister's answer", () => {
  it('is taken apart into directories and names, whatever bytes they have', () => {
    const output = Buffer.from('./a\0./dir/b\nc\0./dir/\xff\0./dir/sub/-n\0', 'latin1');
    expect([...splitListing(output)].map(([dir, name]) => [dir, name.toString('latin1')])).toEqual([
      ['', 'a'],
      ['dir', 'b\nc'],
      ['dir', '\xff'],
      ['dir/sub', '-n'],
    ]);
  });
});
