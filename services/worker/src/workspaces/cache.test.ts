import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsMounts } from '../sandbox/mounts.fixture.ts';
import { type MakeTree, openTreeCache, type TreeCache } from './cache.ts';

let root: string;
let clock: number;
const open: AsyncDisposable[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drylane-cache-'));
  clock = 1_000_000;
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  for (const cache of open.splice(0)) await cache[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

/** Every use is later than the one before. */
async function openCache(budgetBytes = 1000): Promise<TreeCache> {
  const cache = await openTreeCache(root, { budgetBytes, now: () => (clock += 1000) });
  open.push(cache);
  return cache;
}

const keyOf = (name: string): string => `snapshot-${name.padStart(64, '0')}`;

/** Makes a tree that says its name. */
const make =
  (name: string, bytes = 400): MakeTree =>
  async (directory) => {
    mkdirSync(directory);
    await Promise.resolve();
    writeFileSync(join(directory, 'name'), name);
    return { bytes };
  };

const never: MakeTree = () => Promise.reject(new Error('is there already'));

const standing = (): string[] =>
  readdirSync(join(root, 'entries'))
    .map((key) => key.slice(-1))
    .sort();

/** Takes a tree and gives it back. */
async function use(cache: TreeCache, name: string, bytes?: number): Promise<void> {
  using lease = await cache.lease(keyOf(name), make(name, bytes));
  expect(readFileSync(join(lease.directory, 'name'), 'utf8')).toBe(name);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A process that has come to a point, and stands there. */
async function startChild(name: string, doing: 'take' | 'make', ...before: string[]): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'cache-child.fixture.ts');
  const [program = process.execPath, ...args] = [
    ...before,
    process.execPath,
    script,
    root,
    keyOf(name),
    doing,
  ];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout ?? child, 'data');
  return child;
}

describe('a cache of trees', () => {
  it('has a tree made once, however many ask at once, and later', async () => {
    const cache = await openCache();
    let made = 0;
    const counting: MakeTree = async (directory) => {
      made += 1;
      return make('a')(directory);
    };
    const leases = await Promise.all(Array.from({ length: 20 }, () => cache.lease(keyOf('a'), counting)));
    leases.push(await cache.lease(keyOf('a'), never));
    expect(made).toBe(1);
    expect(new Set(leases.map(({ directory }) => directory)).size).toBe(1);
    for (const lease of leases) lease[Symbol.dispose]();
  });

  it('tells all who ask that it could not be made, keeps nothing, and lets the next try again', async () => {
    const cache = await openCache();
    const failing: MakeTree = async (directory) => {
      mkdirSync(directory);
      throw new Error('refused');
    };
    const asked = await Promise.allSettled([1, 2, 3].map(() => cache.lease(keyOf('a'), failing)));
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([...readdirSync(join(root, 'making')), ...standing()]).toEqual([]);
    await use(cache, 'a');
  });

  it('takes out what was unused for longest when it needs room', async () => {
    const cache = await openCache();
    await use(cache, 'a');
    await use(cache, 'b');
    await use(cache, 'a');
    await use(cache, 'c');
    expect(standing()).toEqual(['a', 'c']);
    expect(readdirSync(join(root, 'going'))).toEqual([]);
  });

  it('never takes out what is in use, and says so when nothing else is left', async () => {
    const cache = await openCache();
    const first = await cache.lease(keyOf('a'), make('a'));
    const again = await cache.lease(keyOf('a'), never);
    const second = await cache.lease(keyOf('b'), make('b'));
    await expect(cache.lease(keyOf('c'), make('c'))).rejects.toMatchObject({ code: 'machine-unfit' });
    first[Symbol.dispose]();
    await expect(cache.lease(keyOf('c'), make('c'))).rejects.toMatchObject({ code: 'machine-unfit' });
    again[Symbol.dispose]();
    again[Symbol.dispose]();
    await use(cache, 'c');
    expect(standing()).toEqual(['b', 'c']);
    second[Symbol.dispose]();
  });

  it('takes nothing out for a tree that can never fit', async () => {
    const cache = await openCache();
    await use(cache, 'a');
    await expect(cache.lease(keyOf('b'), make('b', 1001))).rejects.toMatchObject({ code: 'machine-unfit' });
    expect(standing()).toEqual(['a']);
    expect(readdirSync(join(root, 'making'))).toEqual([]);
  });

  it('holds under many uses at once: no tree goes while it is used, and the budget stands', async () => {
    const cache = await openCache();
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      Array.from({ length: 80 }, async (_, index) => {
        const name = names[(index * 7) % names.length] ?? 'a';
        const lease = await cache.lease(keyOf(name), make(name)).catch(() => undefined);
        await Promise.resolve();
        if (lease === undefined) return;
        expect(readFileSync(join(lease.directory, 'name'), 'utf8')).toBe(name);
        expect(standing().length).toBeLessThanOrEqual(2);
        lease[Symbol.dispose]();
      }),
    );
    await use(cache, 'e');
  });
});

describe('a cache that is opened again', () => {
  it('has the trees of before, in the order in which they were used', async () => {
    const before = await openCache();
    await use(before, 'a');
    await use(before, 'b');
    await use(before, 'a');
    await before[Symbol.asyncDispose]();
    const cache = await openCache();
    using lease = await cache.lease(keyOf('b'), never);
    expect(existsSync(lease.directory)).toBe(true);
    await use(cache, 'c');
    expect(standing()).toEqual(['b', 'c']);
  });

  it('with less room takes out what no longer fits', async () => {
    const before = await openCache();
    await use(before, 'a');
    await use(before, 'b');
    await before[Symbol.asyncDispose]();
    await openCache(500);
    expect(standing()).toEqual(['b']);
  });

  it('trusts no tree that was written under another boot, or of which nothing is known', async () => {
    const before = await openCache(10_000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await use(before, name);
    await before[Symbol.asyncDispose]();
    const about = (name: string) => join(root, 'entries', keyOf(name), 'about');
    writeFileSync(about('a'), '00000000 400\n');
    writeFileSync(about('b'), 'x');
    rmSync(about('c'));
    for (const name of ['about', 'leases'])
      rmSync(join(root, 'entries', keyOf('e'), name), { recursive: true });
    await openCache(10_000);
    expect(standing()).toEqual(['d']);
  });
});

describe('a cache of several processes', () => {
  it('does not take out what another one uses, until that one is dead', async () => {
    const child = await startChild('a', 'take');
    const cache = await openCache(500);
    await expect(cache.lease(keyOf('b'), make('b'))).rejects.toMatchObject({ code: 'machine-unfit' });
    expect(standing()).toEqual(['a']);
    await kill(child);
    await use(cache, 'b');
    expect(standing()).toEqual(['b']);
  });

  it('tells the dead of another PID namespace when it opens', async () => {
    needsMounts();
    const child = await startChild('a', 'take', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc');
    const cache = await openCache(500);
    const refused = expect.objectContaining({ code: 'machine-unfit' });
    await expect(cache.lease(keyOf('b'), make('b'))).rejects.toEqual(refused);
    const output = child.stdout;
    await kill(child);
    // The end of what it writes is the end of the last process in there.
    if (output !== null && !output.readableEnded) await once(output.resume(), 'end');
    await expect(cache.lease(keyOf('b'), make('b'))).rejects.toEqual(refused);
    await use(await openCache(500), 'b');
    expect(standing()).toEqual(['b']);
  });

  it('does not take the lease of a dead one for a use', async () => {
    const child = await startChild('a', 'take');
    await kill(child);
    const leases = join(root, 'entries', keyOf('a'), 'leases');
    utimesSync(leases, 1, 1);
    const cache = await openCache();
    await use(cache, 'b');
    expect(readdirSync(leases)).toEqual([]);
    await use(cache, 'c');
    expect(standing()).toEqual(['b', 'c']);
  });

  it('takes away what a dead one left half made', async () => {
    await kill(await startChild('a', 'make'));
    expect(readdirSync(join(root, 'making'))).toHaveLength(1);
    const cache = await openCache();
    expect(readdirSync(join(root, 'making'))).toEqual([]);
    await use(cache, 'a');
  });

  it('keeps the tree that was whole first, when two make the same', async () => {
    const child = await startChild('a', 'make');
    const cache = await openCache();
    using mine = await cache.lease(keyOf('a'), make('a'));
    child.stdin?.end();
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(readFileSync(join(mine.directory, 'name'), 'utf8')).toBe('a');
    expect(readdirSync(join(root, 'making'))).toEqual([]);
  });

  it('goes on where a dead one was about to take a tree out', async () => {
    const cache = await openCache();
    await use(cache, 'a');
    const entry = join(root, 'entries', keyOf('a'));
    renameSync(join(entry, 'leases'), join(entry, 'closed.00000000-1-1-1.dead'));
    (await cache.lease(keyOf('a'), never))[Symbol.dispose]();
    renameSync(join(entry, 'leases'), join(entry, 'closed.00000000-1-1-1.dead'));
    await use(cache, 'b', 900);
    expect(standing()).toEqual(['b']);
  });
});
