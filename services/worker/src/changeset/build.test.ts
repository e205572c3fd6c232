import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@drylane/proto/digest';
import { afterEach, describe, expect, it } from 'vitest';
import { buildChangeSet } from './build.ts';
import { type Changed, change, OLD_TIMES } from './changeset.fixture.ts';
import { readLayer } from './layer.ts';

const open: Changed[] = [];
afterEach(async () => {
  for (const changed of open.splice(0)) await changed.end();
});

async function changing(prepare: string, command: string): Promise<Changed> {
  const changed = await change(prepare, command);
  open.push(changed);
  return changed;
}

describe('a change set', () => {
  it('tells a time that the command set, not one that the kernel did', async () => {
    const changed = await changing(
      `echo a > a; echo b > b; mkdir d; echo c > d/c; ${OLD_TIMES}`,
      `echo >> a; chmod 600 b; echo >> d/c; chmod 700 d; cp -a b copy; cp b fresh; touch -d @7.000000009 back fresh
       ln -s a link; touch -h -d @8 link; mkdir e; touch -d @9 e`,
    );
    const built = await changed.build();
    expect(built?.changeSet.entries.map(({ path, mtime }) => [path, mtime])).toEqual([
      ['a', null],
      ['b', null],
      ['back', '7000000009'],
      ['copy', '1000000000500000000'],
      ['d', null],
      ['d/c', null],
      ['e', '9000000000'],
      ['fresh', '7000000009'],
      ['link', '8000000000'],
    ]);
  });

  it('is nothing where only times are others, or everything is as it was', async () => {
    const changed = await changing(
      'echo a > a; mkdir d; ln -s a link',
      'touch -d @1 a d; touch -h -d @1 link; echo x > x; rm x; chmod 600 a; chmod 644 a; cp a d/b; rm d/b',
    );
    expect(await changed.gather()).toMatchObject({ entries: [], unpromotable: [], complete: true });
  });

  it('makes of two names of one file two files', async () => {
    const changed = await changing('echo a > a', 'ln a b; echo more >> b; mkdir d; ln b d/c');
    const built = await changed.build();
    const sums = built?.changeSet.entries.flatMap(({ after }) => after?.sha256 ?? []);
    expect(sums).toHaveLength(3);
    expect(new Set(sums).size).toBe(1);
  });

  it('keeps the old texts that a merge could need, and none where nothing was modified', async () => {
    const changed = await changing(
      `echo old > text; printf 'a\\0b' > binary; printf '\\xff' > latin; echo s > same; ln -s text link
       head -c 262144 /dev/zero | tr '\\0' x > most; head -c 262145 /dev/zero | tr '\\0' x > more; echo d > deleted`,
      'for f in text binary latin most more; do echo new > $f; done; chmod 600 same; ln -sfn most link; rm deleted; echo > added',
    );
    const built = await changed.build();
    const kept: unknown[] = [];
    for await (const { path, content } of readLayer(
      changed.blobs.open(built?.changeSet.bases?.digest ?? ''),
    )) {
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      kept.push([path, Buffer.concat(parts).toString().slice(0, 5)]);
    }
    expect(kept).toEqual([
      ['most', 'xxxxx'],
      ['text', 'old\n'],
    ]);
    const added = await changing('echo a > a', 'echo b > b; rm a');
    expect((await added.build())?.changeSet.bases).toBeNull();
  });

  it('keeps no old text that someone changed since', async () => {
    const changed = await changing('echo old > text', 'echo new > text');
    const gathered = await changed.gather();
    writeFileSync(join(changed.lower, 'text'), 'odd\n');
    const built = await buildChangeSet(changed.view, gathered, changed.blobs);
    expect(built?.changeSet.bases).toBeNull();
    expect(built?.changeSet.entries[0]?.before?.sha256).toBe(digestOf('old\n').slice('sha256:'.length));
  });

  it.each<readonly [string, string, string, string, string | null]>([
    ['was read before', 'echo a > a', 'echo b > a', 'a', 'c\n'],
    ['was large', 'truncate -s 300000 a', 'echo >> a', 'a', 'x'.repeat(300_001)],
    ['grew', ':', 'mkdir d; for i in $(seq 300); do echo $i > d/$i; done', 'd/7', 'more than it was'],
    ['is gone', ':', 'mkdir d; for i in $(seq 300); do echo $i > d/$i; done', 'd/7', null],
  ])(
    'is not made of contents that are no longer those that were seen: a file that %s',
    async (_, ...given) => {
      const [prepare, command, path, content] = given;
      const changed = await changing(prepare, command);
      const gathered = await changed.gather();
      if (content === null) rmSync(join(changed.upper, path));
      else writeFileSync(join(changed.upper, path), content);
      expect(await buildChangeSet(changed.view, gathered, changed.blobs)).toBeUndefined();
    },
  );

  it('fails as its store fails', async () => {
    const changed = await changing(':', 'echo a > a');
    const blobs = {
      ...changed.blobs,
      putStream: () => Promise.reject(new Error('the disk is full')),
    };
    await expect(buildChangeSet(changed.view, await changed.gather(), blobs)).rejects.toThrow(
      'the disk is full',
    );
  });
});
