import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitGround, gitGround, gitIn } from './git.fixture.ts';

let ground: GitGround;

beforeEach(async () => {
  ground = await gitGround();
});
afterEach(async () => {
  await ground[Symbol.asyncDispose]();
});

describe('a workspace from git', () => {
  it('is the files of a commit, without the repository', async () => {
    ground.put('a', 'text');
    ground.put('dir/run', 'go', 0o755);
    symlinkSync('../outside', join(ground.repository, 'link'));
    const head = ground.commit();
    const git = await ground.open();
    expect(await git.resolve(ground.url, 'main')).toBe(head);
    using lease = await git.lease(ground.url, head);
    expect(readdirSync(lease.directory).sort()).toEqual(['a', 'dir', 'link']);
    expect(readFileSync(join(lease.directory, 'a'), 'utf8')).toBe('text');
    expect(lstatSync(join(lease.directory, 'dir/run')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(lease.directory, 'link'))).toBe('../outside');
  });

  it('holds what the repository holds, whatever its attributes ask for', async () => {
    ground.put(
      '.gitattributes',
      [
        '*.crlf text eol=crlf',
        '*.sub export-subst',
        '*.gone export-ignore',
        '*.id ident',
        '*.u16 working-tree-encoding=UTF-16',
        '*.lfs filter=lfs diff=lfs merge=lfs -text',
        '[attr]macro export-ignore',
        '*.macro macro',
      ].join('\n'),
    );
    const files = {
      'a.crlf': 'a\nb\n',
      'a.sub': '$Format:%H$',
      'a.gone': 'here',
      'a.id': '$Id$',
      'a.lfs': 'big',
      'a.macro': 'm',
    };
    for (const [name, content] of Object.entries(files)) ground.put(name, content);
    ground.put('dir/.gitattributes', 'x export-ignore\n');
    ground.put('dir/x', 'here');
    const head = ground.commit();
    const git = await ground.open();
    using lease = await git.lease(ground.url, head);
    for (const [name, content] of Object.entries({ ...files, 'dir/x': 'here' }))
      expect(readFileSync(join(lease.directory, name), 'utf8'), name).toBe(content);
  });

  it('fetches no submodule', async () => {
    ground.put('a', '1');
    const first = ground.commit();
    ground.run('update-index', '--add', '--cacheinfo', `160000,${first},module`);
    writeFileSync(
      join(ground.repository, '.gitmodules'),
      `[submodule "m"]\n\tpath = module\n\turl = ${ground.url}\n`,
    );
    ground.run('add', '.gitmodules');
    ground.run('commit', '--quiet', '--message', 'm');
    const git = await ground.open();
    using lease = await git.lease(ground.url, ground.run('rev-parse', 'HEAD'));
    expect(readdirSync(join(lease.directory, 'module'))).toEqual([]);
  });

  it('runs no hook', async () => {
    ground.put('a', '1');
    const head = ground.commit();
    const git = await ground.open();
    await git.resolve(ground.url, 'main');
    const mirror = join(ground.scratch, 'mirrors', ground.mirrors()[0] ?? '');
    const trap = join(ground.scratch, 'trap');
    mkdirSync(join(mirror, 'hooks'), { recursive: true });
    for (const hook of ['reference-transaction', 'pre-auto-gc', 'post-checkout', 'update']) {
      writeFileSync(join(mirror, 'hooks', hook), `#!/bin/sh\ntouch ${trap}\n`);
      chmodSync(join(mirror, 'hooks', hook), 0o755);
    }
    ground.put('a', '2');
    const next = ground.commit();
    expect(await git.resolve(ground.url, 'main')).toBe(next);
    (await git.lease(ground.url, next))[Symbol.dispose]();
    (await git.lease(ground.url, head))[Symbol.dispose]();
    expect(existsSync(trap)).toBe(false);
  });

  it('is of the branch or tag that was named, as it is now', async () => {
    ground.put('a', '1');
    const first = ground.commit();
    ground.run('tag', '--annotate', '--message', 'm', 'v1');
    ground.run('branch', 'topic');
    ground.put('a', '2');
    const second = ground.commit();
    const git = await ground.open();
    expect(await git.resolve(ground.url, 'v1')).toBe(first);
    expect(await git.resolve(ground.url, 'refs/heads/topic')).toBe(first);
    expect(await git.resolve(ground.url, 'main')).toBe(second);
    expect(await git.resolve(ground.url, first)).toBe(first);
    ground.put('a', '3');
    const third = ground.commit();
    expect(await git.resolve(ground.url, 'main')).toBe(third);
    ground.run('branch', '--delete', '--force', 'topic');
    await expect(git.resolve(ground.url, 'topic')).rejects.toMatchObject({ code: 'not-found' });
    ground.run('branch', 'v1');
    await expect(git.resolve(ground.url, 'v1')).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is not found where there is no such ref, commit or repository', async () => {
    ground.commit();
    ground.run('tag', 'tree', 'HEAD^{tree}');
    const git = await ground.open();
    for (const ref of ['nope', 'f'.repeat(40), 'tree'])
      await expect(git.resolve(ground.url, ref), ref).rejects.toMatchObject({ code: 'not-found' });
    await expect(git.resolve(`${ground.url}-nope`, 'main')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(git.resolve('file:///etc', 'main')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(git.lease(ground.url, 'f'.repeat(40))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is fetched once by those who ask at once, and from the cache when nothing else is left', async () => {
    ground.put('a', '1');
    const head = ground.commit();
    const git = await ground.open();
    expect(await Promise.all([1, 2, 3, 4].map(() => git.resolve(ground.url, 'main')))).toEqual([
      head,
      head,
      head,
      head,
    ]);
    const leases = await Promise.all([1, 2, 3].map(() => git.lease(ground.url, head)));
    expect(new Set(leases.map(({ directory }) => directory)).size).toBe(1);
    rmSync(ground.repository, { recursive: true });
    expect(await git.resolve(ground.url, head)).toBe(head);
    rmSync(join(ground.scratch, 'mirrors', ground.mirrors()[0] ?? ''), { recursive: true });
    (await git.lease(ground.url, head))[Symbol.dispose]();
    for (const lease of leases) lease[Symbol.dispose]();
  });

  it('is refused when it is too much, and leaves nothing', async () => {
    for (let index = 0; index < 11; index += 1) ground.put(`f${index}`, 'x');
    const head = ground.commit();
    const git = await ground.open({ limits: { entries: 10, bytes: 2 ** 22, ratio: 100, depth: 8 } });
    await expect(git.lease(ground.url, head)).rejects.toMatchObject({ code: 'bad-input' });
    expect(readdirSync(join(ground.scratch, 'cache/making'))).toEqual([]);
  });

  it('is refused when its trees are a bomb: few objects that name one another', async () => {
    ground.put('f', 'x');
    ground.commit();
    let tree = ground.run('rev-parse', 'HEAD^{tree}');
    for (let level = 0; level < 10; level += 1) {
      const lines = Array.from({ length: 10 }, (_, index) => `040000 tree ${tree}\td${index}\n`).join('');
      tree = gitIn(ground.repository, ['mktree'], lines);
    }
    const head = ground.run('commit-tree', tree, '-m', 'm');
    ground.run('update-ref', 'refs/heads/bomb', head);
    await expect((await ground.open()).lease(ground.url, head)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ message: 'holds more than 100 entries' }],
    });
  });

  it('is refused when its pack is larger than the limit', async () => {
    ground.put('noise', Array.from({ length: 30_000 }, (_, index) => Math.sin(index)).join(''));
    ground.commit();
    const git = await ground.open({ bounds: { timeoutMs: 30_000, fileBytes: 50_000 } });
    await expect(git.resolve(ground.url, 'main')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('of a repository that holds what no honest git writes is not fetched', async () => {
    ground.put('f', 'x');
    ground.commit();
    const blob = ground.run('rev-parse', 'HEAD:f');
    const entry = Buffer.concat([Buffer.from('100644 ..\0'), Buffer.from(blob, 'hex')]);
    const tree = execFileSync(
      'git',
      ['-C', ground.repository, 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin'],
      {
        input: entry,
        encoding: 'utf8',
      },
    ).trim();
    ground.run('update-ref', 'refs/heads/evil', ground.run('commit-tree', tree, '-m', 'm'));
    await expect((await ground.open()).resolve(ground.url, 'evil')).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
