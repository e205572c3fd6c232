import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { installPackages } from './install.ts';
import { arePrograms, type Program } from './program.ts';
import { installWithoutService } from './service.ts';

// Looked for, and not imported: that would take a second each time.
const LOOK = `
import importlib.util, os, sys
found = importlib.util.find_spec('swift')
origin = found and found.origin or ''
sys.exit(not os.path.isdir(os.path.join(os.path.dirname(origin), 'common/middleware/s3api')))
`;

const hasMemcached = (): Promise<boolean> => arePrograms('memcached');

/** Whether Swift's modules and memcached, which they need, are installed. */
async function hasSwift(): Promise<boolean> {
  if (!(await hasMemcached())) return false;
  const look = spawn('/usr/bin/python3', ['-c', LOOK], { stdio: 'ignore' });
  const [status] = await once(look, 'close').catch(() => [1]);
  return status === 0;
}

/** Swift, an object store that speaks S3, and the cache that it needs. */
export const SWIFT: Program = {
  name: 'Swift',
  page: 'https://docs.openstack.org/swift/latest/',
  commands: {
    debian: 'apt-get install -y python3-swift memcached',
    ubuntu: 'apt-get install -y python3-swift memcached',
  },
  isInstalled: hasSwift,
  async install(to) {
    // A memcached that was there may serve somebody, and is left alone.
    const cached = await hasMemcached();
    // The modules alone: Debian's packages of Swift's servers bring services, and a system log of their own.
    await installPackages(['python3-swift'], to);
    if (!cached) await installWithoutService('memcached', to);
  },
};
