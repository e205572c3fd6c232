import { type Environment, exitOf, mustRun } from './command.ts';

/**
 * Installs Debian packages without what they recommend. `update` may complain of repositories that have nothing to do
 * with us: only what comes after it counts.
 * @throws DrylaneError `machine-unfit` that names the log.
 */
export async function installPackages(
  packages: readonly string[],
  to: { readonly env: Environment; readonly log: string },
): Promise<void> {
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  const install = ['install', '--yes', '--no-install-recommends', '--', ...packages];
  await exitOf({ program: 'apt-get', args: [...lock, 'update'], ...to });
  await mustRun(
    { program: 'apt-get', args: [...lock, ...install], ...to },
    `installing ${packages.join(', ')}`,
  );
}
