import { chmodSync, chownSync, readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { pathRules } from '@drylane/proto/paths';
import { afterEach, describe, expect, it } from 'vitest';
import { BUDGET } from '../evidence/budget.ts';
import { observeChanges } from '../evidence/changes.ts';
import { type Changed, change } from './changeset.fixture.ts';
import { gather } from './gather.ts';

const open: Changed[] = [];
afterEach(async () => {
  for (const changed of open.splice(0)) await changed.end();
});

async function changing(prepare: string, command: string): Promise<Changed> {
  const changed = await change(prepare, command);
  open.push(changed);
  return changed;
}

const SPAN = { fromNs: 0n, toNs: 10n ** 19n };

describe('what is gathered for a change set', () => {
  it('names every path that cannot be promoted, also where a report has one for all', async () => {
    const changed = await changing(
      "echo k > .wh.kept; mkdir d; echo x > $'d/\\xff'",
      `mkdir made; for i in $(seq 300); do mkfifo made/$i; done; echo more >> .wh.kept; rm -r d
       echo a > tool; chmod 4755 tool; ln -s $'\\xff' link; socket_at sock`,
    );
    const { unpromotable, unpromotableLeftOut, complete } = await changed.gather();
    expect([complete, unpromotableLeftOut]).toEqual([true, 0]);
    expect(unpromotable.filter(({ path }) => path.startsWith('made/'))).toHaveLength(300);
    expect(unpromotable.map(({ path }) => path).filter((path) => !path.startsWith('made/'))).toEqual([
      '.wh.kept',
      'link',
      'sock',
      'tool',
    ]);
  });

  it('lists so many that cannot be promoted, and counts the others', async () => {
    const changed = await changing(':', `mkdir d; cd d; mkfifo $(seq ${BUDGET.unpromotable + 7})`);
    const gathered = await changed.gather();
    expect(gathered.unpromotable).toHaveLength(BUDGET.unpromotable);
    expect(gathered.unpromotableLeftOut).toBe(7);
  });

  it('is a device in the place of another', async () => {
    const changed = await changing(
      'mknod null c 1 3; mknod same c 1 3',
      'rm null; mknod null c 1 5; touch same',
    );
    expect((await changed.gather()).unpromotable).toEqual([{ path: 'null', why: 'a device never lands' }]);
  });

  it('has the fingerprint of each file that was deleted', async () => {
    const changed = await changing(
      'mkdir -p d/e; echo a > d/a; echo b > d/e/b; ln -s a d/l; mkfifo d/f',
      'rm -r d',
    );
    const { entries } = await changed.gather();
    expect(
      entries.map(({ entry: { path, before } }) => [path, before?.type, before?.sha256?.slice(0, 8)]),
    ).toEqual([
      ['d', 'dir', undefined],
      ['d/a', 'file', '87428fc5'],
      ['d/e', 'dir', undefined],
      ['d/e/b', 'file', '0263829989'.slice(0, 8)],
      ['d/f', 'fifo', undefined],
      ['d/l', 'symlink', undefined],
    ]);
  });

  it('says of a deleted file that is no longer what it was that nobody can promote that', async () => {
    const changed = await changing('mkdir d; echo a > d/a', 'rm -r d');
    const observed = await changed.observe();
    truncateSync(join(changed.lower, 'd/a'), 100);
    expect(await gather(changed.view, observed, SPAN)).toMatchObject({
      complete: true,
      unpromotable: [{ path: 'd/a' }],
    });
  });

  it('is not complete where something that is new cannot be read', async () => {
    const changed = await changing(':', 'mkdir d; cd d; for i in $(seq 300); do ln -s x $i; done');
    const observed = await changed.observe();
    rmSync(join(changed.upper, 'd/7'));
    expect((await gather(changed.view, observed, SPAN)).complete).toBe(false);
  });

  it("takes the view's owner for the workspace's where it could not be given it", async () => {
    const changed = await changing('chown 5:6 .', ':');
    chownSync(changed.upper, 7, 8);
    const own = { ...changed, view: { ...changed.view, rootOwner: { uid: 7, gid: 8 } } };
    const observe = () => observeChanges(own.view, pathRules(['**'], []), own.attribution, () => null);
    expect((await gather(own.view, await observe(), SPAN)).entries).toEqual([]);
    chmodSync(changed.upper, 0o700);
    const [only, ...others] = (await gather(own.view, await observe(), SPAN)).entries;
    expect(others).toEqual([]);
    expect(only?.entry).toMatchObject({
      ...{ path: '.', kind: 'mode' },
      before: { uid: 5, gid: 6, mode: '0755' },
      after: { uid: 5, gid: 6, mode: '0700' },
    });
  });

  it('cannot be promoted where there is too much to read, or too many paths', async () => {
    const changed = await changing('mkdir d; truncate -s 2G d/huge', 'rm -r d');
    expect((await changed.gather()).unpromotable).toMatchObject([{ path: 'd/huge' }]);
    const [one] = (await changed.observe()).differences;
    const differences = Array.from({ length: BUDGET.landing + 1 }, () => one).flatMap((each) => each ?? []);
    const gathered = await gather(changed.view, { differences, read: new Map() }, SPAN);
    expect(gathered).toMatchObject({ entries: [], complete: true, unpromotable: [{ path: '.' }] });
  });
});

it('closes what it opened', async () => {
  const changed = await changing('mkdir d; echo a > d/a', 'rm -r d; echo b > b');
  // What else this process has open, its test runner and its garbage, is not our business.
  const leading = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  };
  const open = (): string[] =>
    readdirSync('/proc/self/fd')
      .map(leading)
      .filter((path) => OURS.test(path));
  const before = open();
  for (let i = 0; i < 3; i++) await changed.build();
  expect(open()).toEqual(before);
});

/** Where the fixtures make their trees. */
const OURS = /\/drylane-(changeset|changes)-/;
