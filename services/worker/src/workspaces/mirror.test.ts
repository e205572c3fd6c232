import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitGround, gitGround } from './git.fixture.ts';
import { bytesBelow } from './mirror.ts';

let ground: GitGround;

beforeEach(async () => {
  ground = await gitGround();
});
afterEach(async () => {
  await ground[Symbol.asyncDispose]();
});

describe('mirrors', () => {
  it('end in time where a server never answers', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const git = await ground.open({
      allowed: { hosts: [host], directories: [] },
      bounds: { timeoutMs: 300, fileBytes: 2 ** 20 },
    });
    const asked = git.resolve(`https://${host}/a`, 'main');
    await expect(asked).rejects.toMatchObject({
      code: 'unavailable',
      problems: [{ message: 'could not be fetched in the time there was' }],
    });
    server.close();
  });

  it('that were not finished are made anew', async () => {
    ground.put('a', '1');
    const head = ground.commit();
    const git = await ground.open();
    await git.resolve(ground.url, 'main');
    const mirror = join(ground.scratch, 'mirrors', ground.mirrors()[0] ?? '');
    writeFileSync(`${mirror}.busy`, '');
    writeFileSync(join(mirror, 'packed-refs.lock'), '');
    writeFileSync(join(mirror, 'config'), 'broken');
    expect(await git.resolve(ground.url, 'main')).toBe(head);
    expect(ground.mirrors()).toHaveLength(1);
  });

  it('are made anew before what was there once fills the disk', async () => {
    const fileBytes = 300_000;
    const git = await ground.open({ bounds: { timeoutMs: 30_000, fileBytes } });
    for (let round = 0; round < 8; round += 1) {
      ground.put('a', randomBytes(150_000).toString('base64'));
      const head = ground.commit();
      expect(await git.resolve(ground.url, 'main')).toBe(head);
      // So nothing of it is of any use the next time.
      ground.run('update-ref', '-d', 'HEAD');
    }
    expect(bytesBelow(join(ground.scratch, 'mirrors', ground.mirrors()[0] ?? ''))).toBeLessThan(
      3 * fileBytes,
    );
  });

  it('are kept up to their number, those fetched last', async () => {
    ground.put('a', '1');
    ground.commit();
    const git = await ground.open({ mirrors: 2 });
    const urls = ['x', 'y', 'z'].map((name) => {
      execFileSync('git', [
        'clone',
        '--quiet',
        '--bare',
        ground.repository,
        join(ground.scratch, 'source', name),
      ]);
      return `file://${join(ground.scratch, 'source', name)}`;
    });
    for (const one of urls) await git.resolve(one, 'main');
    expect(ground.mirrors()).toHaveLength(2);
  });

  it('belong to one process at a time', async () => {
    const first = await ground.open();
    await expect(ground.open()).rejects.toMatchObject({ code: 'machine-unfit' });
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await ground.open();
  });
});
