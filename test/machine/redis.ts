import { rm, writeFile } from 'node:fs/promises';
import { type Environment, exitOf, findProgram } from './command.ts';
import { installPackages } from './install.ts';
import { planRedis } from './plan.ts';
import type { Say } from './say.ts';

// Debian's packages ask this program before they start or stop a service; 101 forbids it.
const POLICY = '/usr/sbin/policy-rc.d';
const NO_REDIS = '#!/bin/sh\ncase " $* " in *" redis-server"*) exit 101 ;; esac\nexit 0\n';

/** What making Redis available takes. */
export interface RedisSettings {
  readonly say: Say;
  readonly env: Environment;
  readonly log: string;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}

/** Whether the server's program is installed; tests start a server of their own with it. */
export async function hasRedis(): Promise<boolean> {
  return (await findProgram('redis-server')) !== null;
}

/** Installs Redis where that can be done here, without leaving a server running; says what to type where it cannot. */
export async function provideRedis({ say, env, log, ...facts }: RedisSettings): Promise<void> {
  const plan = planRedis({ ...facts, installed: await hasRedis() });
  if (plan.kind === 'use') return;
  if (plan.kind === 'leave')
    return say.line(`Redis is not installed, and tests that need it will fail; type: ${plan.mend}`);
  await say.during('installing Redis', async () => {
    await withoutService(POLICY, () => installPackages(['redis-server'], { env, log }));
    // Nor at the next start of this machine; where nothing starts services, this has nothing to do.
    await exitOf({ program: 'update-rc.d', args: ['redis-server', 'disable'], env, log });
  });
}

/** Keeps Redis's package from starting a server during `work`. A policy that the machine has already stays. */
export async function withoutService<T>(policy: string, work: () => Promise<T>): Promise<T> {
  const ours = await writeFile(policy, NO_REDIS, { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    return await work();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}
