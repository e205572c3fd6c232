import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutService } from './service.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-service-'));
});
afterEach(() => rm(scratch, { recursive: true }));

describe('the policy on services, while a server is installed', () => {
  const policy = () => join(scratch, 'policy-rc.d');
  const asked = (...words: string[]) => spawnSync(policy(), words).status;

  it.each([
    ['redis-server', 'redis-server', 'start', 101],
    ['redis-server', 'redis-server.service', 'start', 101],
    ['redis-server', 'redis-server', 'restart', 101],
    ['redis-server', 'postgresql', 'start', 0],
    ['redis-server', 'not-redis-server', 'start', 0],
    ['prometheus', 'prometheus', 'start', 101],
    ['prometheus', 'prometheus.service', 'start', 101],
    ['prometheus', 'redis-server', 'start', 0],
    ['prometheus', 'prometheus-node-exporter', 'start', 0],
  ])('of %s answers whether %s may %s with %d', async (installed, service, action, answer) => {
    await withoutService(policy(), installed, async () => {
      expect(asked(service, action)).toBe(answer);
      expect(asked('--quiet', service, action, '2')).toBe(answer);
    });
  });

  it('goes with the work, however that ends', async () => {
    expect(await withoutService(policy(), 'prometheus', async () => existsSync(policy()))).toBe(true);
    expect(existsSync(policy())).toBe(false);
    await expect(
      withoutService(policy(), 'prometheus', () => Promise.reject(new Error('no disk'))),
    ).rejects.toThrow('no disk');
    expect(existsSync(policy())).toBe(false);
  });

  it('is left as it is where the machine has one', async () => {
    await writeFile(policy(), 'its own');
    await withoutService(policy(), 'prometheus', async () => {});
    expect(await readFile(policy(), 'utf8')).toBe('its own');
  });
});
