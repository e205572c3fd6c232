import { type Environment, findProgram } from './command.ts';
import { planRedis } from './plan.ts';
import type { Say } from './say.ts';
import { installWithoutService } from './service.ts';

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
  await say.during('installing Redis', () => installWithoutService('redis-server', { env, log }));
}
