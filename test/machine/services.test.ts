import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutService } from './services.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-services-'));
});
afterEach(() => rm(scratch, { recursive: true }));

describe('the policy on services, while one is installed', () => {
  const policy = () => join(scratch, 'policy-rc.d');
  const asked = (...words: string[]) => spawnSync(policy(), words).status;

  it.each([
    ['redis-server', 'start', 101],
    ['redis-server.service', 'start', 101],
    ['redis-server', 'restart', 101],
    ['redis-server-of-another', 'start', 0],
    ['postgresql', 'start', 0],
    ['not-redis-server', 'start', 0],
  ])('answers whether %s may %s with %d', async (service, action, answer) => {
    await withoutService(policy(), 'redis-server', async () => {
      expect(asked(service, action)).toBe(answer);
      expect(asked('--quiet', service, action, '2')).toBe(answer);
    });
  });

  it('goes with the work, however that ends', async () => {
    expect(await withoutService(policy(), 'memcached', async () => existsSync(policy()))).toBe(true);
    expect(existsSync(policy())).toBe(false);
    const failing = withoutService(policy(), 'memcached', () => Promise.reject(new Error('no disk')));
    await expect(failing).rejects.toThrow('no disk');
    expect(existsSync(policy())).toBe(false);
  });

  it('is left as it is where the machine has one', async () => {
    await writeFile(policy(), 'its own');
    await withoutService(policy(), 'memcached', async () => {});
    expect(await readFile(policy(), 'utf8')).toBe('its own');
  });
});
