import { rm, writeFile } from 'node:fs/promises';
import { type Environment, exitOf } from './command.ts';
import { installPackages } from './install.ts';

// Debian's packages ask this program before they start or stop a service; 101 forbids it.
const POLICY = '/usr/sbin/policy-rc.d';

/** Installs the package of a server without leaving that server running, now or at the machine's next start. */
export async function installWithoutService(
  service: string,
  to: { readonly env: Environment; readonly log: string },
): Promise<void> {
  await withoutService(POLICY, service, () => installPackages([service], to));
  // Where nothing starts services, this has nothing to do.
  await exitOf({ program: 'update-rc.d', args: [service, 'disable'], ...to });
}

/** Keeps a server's package from starting it during `work`. A policy that the machine has already stays. */
export async function withoutService<T>(policy: string, service: string, work: () => Promise<T>): Promise<T> {
  const ours = await writeFile(policy, forbid(service), { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    return await work();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

const forbid = (service: string): string =>
  `#!/bin/sh\ncase " $* " in *" ${service} "* | *" ${service}.service "*) exit 101 ;; esac\nexit 0\n`;
