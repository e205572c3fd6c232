import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathRules } from '@drylane/proto/paths';
import { afterEach, describe, expect, it } from 'vitest';
import { type ObservedChanges, observeChanges } from './changes.ts';
import { MAX_PATCH_BYTES, MAX_PATCHES_BYTES } from './patch.ts';
import { type Rehearsed, rehearse } from './rehearsed.fixture.ts';
import { createContentReader } from './states.ts';
import { Tree } from './tree.ts';

let rehearsed: Rehearsed | undefined;
afterEach(async () => {
  await rehearsed?.end();
  rehearsed = undefined;
});

async function observeAfter(prepare: string, command: string): Promise<ObservedChanges> {
  rehearsed = await rehearse(prepare);
  rehearsed.run(command);
  return rehearsed.observe();
}

const summary = ({ changes, complete }: ObservedChanges) => ({
  complete,
  changes: changes.map((change) => `${change.kind} ${change.path}`),
});

describe('what a hostile command leaves', () => {
  it('is read without following a link, in upper or in lower', async () => {
    const observed = await observeAfter(
      'ln -s /etc link; ln -s /etc/hostname file',
      'rm link; mkdir link; echo mine > link/hostname; ln -s /etc/passwd leak; rm file; cp /etc/hostname file',
    );
    expect(
      observed.changes.map(({ path, kind, before }) => [path, kind, before?.type, before?.target]),
    ).toEqual([
      ['file', 'type', 'symlink', '/etc/hostname'],
      ['leak', 'added', undefined, undefined],
      ['link', 'type', 'symlink', '/etc'],
      ['link/hostname', 'added', undefined, undefined],
    ]);
    expect(observed.changes.find((change) => change.path === 'leak')?.after).toMatchObject({
      sha256: null,
      target: '/etc/passwd',
    });
  });

  it('is listed whole when directories nest deep, and incomplete when deeper than any path can name', async () => {
    const nest = (levels: number) =>
      `perl -e 'for (1..${levels}) { mkdir "d" x 20; chdir "d" x 20 } open F, ">end"'`;
    const deep = await observeAfter(':', nest(150));
    expect(deep).toMatchObject({ complete: true, changes: [{ kind: 'added', type: 'file' }] });
    await rehearsed?.end();
    const deeper = await observeAfter(':', nest(400));
    expect(deeper.complete).toBe(false);
    expect(deeper.changes).toHaveLength(1);
  });

  it('is hashed when a file has a large hole, and not for ever when it claims more than a disk holds', async () => {
    const observed = await observeAfter('echo a > y', 'truncate -s 20M hole; truncate -s 4E x; echo b > y');
    expect(summary(observed)).toEqual({ complete: false, changes: ['added hole', 'added x', 'modified y'] });
    expect(observed.changes[0]).toMatchObject({
      after: {
        size: 20 * 2 ** 20,
        sha256: createHash('sha256')
          .update(Buffer.alloc(20 * 2 ** 20))
          .digest('hex'),
      },
      additions: null,
    });
    expect(observed.changes[1]).toMatchObject({ after: { sha256: null }, additions: null });
  });

  it('does not hold up the reading with FIFOs and sockets', async () => {
    const observed = await observeAfter('echo a > x', 'rm x; mkfifo x pipe; socket_at sock');
    expect(summary(observed)).toEqual({ complete: true, changes: ['added pipe', 'added sock', 'type x'] });
  });

  it('has patches within their limits, and each path among them', async () => {
    const observed = await observeAfter(
      ':',
      'seq 30000 > f1; for i in $(seq 2 60); do cp f1 f$i; done; seq 100000 > long',
    );
    const bytes = observed.patches.map((patch) => Buffer.byteLength(patch.text));
    expect(observed.patches).toHaveLength(61);
    expect(Math.max(...bytes)).toBeLessThan(MAX_PATCH_BYTES + 1024);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(MAX_PATCHES_BYTES + MAX_PATCH_BYTES);
    expect(observed.patches.find((patch) => patch.path === 'long')).toMatchObject({ cut: true });
    expect(observed.patches.find((patch) => patch.path === 'f1')).toMatchObject({ cut: false });
    expect(observed.changes.find((change) => change.path === 'long')).toMatchObject({ additions: 100_000 });
  });

  it('has no line counts for binary and for very large files', async () => {
    const observed = await observeAfter(
      'seq 10 > grown; seq 1000 > nul',
      'seq 2000000 > grown; truncate -s +5 nul; head -c 9000 /dev/urandom > random; printf "a small caf\\351 in Paris, caf\\303\\251 as others write it\\n" > latin1',
    );
    expect(observed.changes.map((c) => [c.path, c.binary, c.additions, c.deletions])).toEqual([
      ['grown', false, null, null],
      ['latin1', false, 1, 0],
      ['nul', true, null, null],
      ['random', true, null, null],
    ]);
    expect(observed.patches[0]?.text).toContain('Files a/grown and b/grown differ');
    expect(observed.patches[0]?.cut).toBe(true);
    expect(observed.patches[1]?.text).toContain('+a small caf\\xe9 in Paris, café as');
  });
});

describe('evidence is incomplete', () => {
  it('when the view shows a name that is nowhere, or hides one that was written', async () => {
    const here = await rehearse('echo a > x');
    rehearsed = here;
    here.run('echo b > y');
    const observe = (names: readonly string[]) =>
      observeChanges(
        { ...here.view, names: async () => new Map([['', names.map((name) => Buffer.from(name))]]) },
        pathRules([], []),
        here.attribution,
        () => null,
      );
    expect((await observe(['x', 'y'])).complete).toBe(true);
    expect((await observe(['x', 'y', 'z'])).complete).toBe(false);
    expect(summary(await observe(['x']))).toEqual({ complete: false, changes: ['added y'] });
    expect(summary(await observe(['y']))).toEqual({ complete: true, changes: ['deleted x', 'added y'] });
  });

  it('when a directory that was written is not listed at all', async () => {
    const here = await rehearse('mkdir d; echo a > d/x');
    rehearsed = here;
    here.run('echo b > d/y');
    const view = { ...here.view, names: async () => new Map() };
    expect((await observeChanges(view, pathRules([], []), here.attribution, () => null)).complete).toBe(
      false,
    );
  });

  it('when a file is not what it was a moment before, or more than may be read', async () => {
    const here = await rehearse('echo a > x');
    rehearsed = here;
    using tree = new Tree(Buffer.from(here.lower));
    const entry = tree.entry('x');
    if (entry === undefined) throw new Error('x is there');
    const read = (bytes: number) => createContentReader(bytes)(tree, 'x', entry, 'leave');
    expect(await read(2)).toMatchObject({ complete: true });
    expect(await read(1)).toMatchObject({ complete: false, state: { sha256: null } });
    writeFileSync(join(here.lower, 'x'), 'longer');
    expect(await read(100)).toMatchObject({ complete: false, state: { sha256: null } });
  });

  it('when a file system is mounted where the command wrote', async () => {
    const here = await rehearse('mkdir -p d; echo a > d/x');
    rehearsed = here;
    here.run('echo b > d/y');
    const mount = promisify(execFile);
    await mount('mount', ['-t', 'tmpfs', 'tmpfs', join(here.lower, 'd')]);
    try {
      expect((await here.observe()).complete).toBe(false);
    } finally {
      await mount('umount', [join(here.lower, 'd')]);
    }
  });
});

describe('a user who is not root', () => {
  const script = (upper: string, lower: string, names: string) => `
    import { readdirSync } from 'node:fs';
    import { observeChanges } from '${import.meta.dirname}/changes.ts';
    const names = new Map(${names}.map(([d, list]) => [d, list.map((n) => Buffer.from(n))]));
    const steps = { stepOf: () => null, lastStepIn: () => null, touchedBy: () => [] };
    const view = { lower: Buffer.from('${lower}'), upper: Buffer.from('${upper}'), names: async () => names };
    const { changes, complete } = await observeChanges(view, { expected: [], forbidden: [] }, steps, () => null);
    console.log(JSON.stringify({ complete, changes: changes.map((c) => [c.kind, c.path, c.after?.mode]) }));`;

  /** As who owns both trees but has no capability: what an upper directory looks like that an engine mounted. */
  async function asOwner(root: string, names: readonly (readonly [string, readonly string[]])[]) {
    const [upper, lower] = [join(root, 'upper'), join(root, 'lower')];
    const run = promisify(execFile);
    await run('chown', ['-R', '12345:12345', upper, lower]);
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '-e', script(upper, lower, JSON.stringify(names))],
      { uid: 12345, gid: 12345, cwd: '/' },
    );
    return JSON.parse(stdout) as unknown;
  }

  it('reads what the command closed to its owner, and is told when it cannot', async () => {
    const here = await rehearse(':');
    rehearsed = here;
    const root = join(here.lower, '..');
    chmodSync(root, 0o755);
    const owned = join(root, 'owned');
    for (const path of ['upper/shut/in', 'lower/shut/in']) mkdirSync(join(owned, path), { recursive: true });
    writeFileSync(join(owned, 'upper/secret'), 'x', { mode: 0o000 });
    writeFileSync(join(owned, 'upper/shut/in/new'), 'x');
    for (const path of ['upper/shut/in', 'upper/shut', 'upper']) chmodSync(join(owned, path), 0o000);
    const names = [
      ['', ['secret', 'shut']],
      ['shut', ['in']],
      ['shut/in', ['new']],
    ] as const;
    expect(await asOwner(owned, names)).toEqual({
      complete: true,
      changes: [
        ['mode', '.', '0000'],
        ['added', 'secret', '0000'],
        ['mode', 'shut', '0000'],
        ['mode', 'shut/in', '0000'],
        ['added', 'shut/in/new', '0644'],
      ],
    });
    chmodSync(join(owned, 'lower/shut'), 0o000);
    expect(await asOwner(owned, names)).toMatchObject({ complete: false });
  });
});
