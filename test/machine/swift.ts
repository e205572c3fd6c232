import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Environment, findProgram } from './command.ts';
import { installPackages } from './install.ts';
import { planSwift } from './plan.ts';
import type { Say } from './say.ts';
import { installWithoutService } from './service.ts';

/** What making Swift, an object store that speaks S3, available takes. */
export interface SwiftSettings {
  readonly say: Say;
  readonly env: Environment;
  readonly log: string;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}

// Looked for, and not imported: that would take a second each time.
const LOOK = `
import importlib.util, os, sys
found = importlib.util.find_spec('swift')
origin = found and found.origin or ''
sys.exit(not os.path.isdir(os.path.join(os.path.dirname(origin), 'common/middleware/s3api')))
`;

const hasMemcached = async (): Promise<boolean> => (await findProgram('memcached')) !== null;

/** Whether Swift's modules and memcached, which they need, are installed; tests start servers of their own. */
export async function hasSwift(): Promise<boolean> {
  if (!(await hasMemcached())) return false;
  const look = spawn('/usr/bin/python3', ['-c', LOOK], { stdio: 'ignore' });
  const [status] = await once(look, 'close').catch(() => [1]);
  return status === 0;
}

/** Installs both where that can be done here, without leaving a server running; says what to type where it cannot. */
export async function provideSwift({ say, env, log, ...facts }: SwiftSettings): Promise<void> {
  const plan = planSwift({ ...facts, installed: await hasSwift() });
  if (plan.kind === 'use') return;
  if (plan.kind === 'leave')
    return say.line(`Swift is not installed, and tests that need it will fail; type: ${plan.mend}`);
  // A memcached that was there may serve somebody, and is left alone.
  const cached = await hasMemcached();
  await say.during('installing Swift', async () => {
    // The modules alone: Debian's packages of Swift's servers bring services, and a system log of their own.
    await installPackages(['python3-swift'], { env, log });
    if (cached) return;
    await installWithoutService('memcached', { env, log });
  });
}
