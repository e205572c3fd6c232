import { rm, writeFile } from 'node:fs/promises';

/** Debian's packages ask this program before they start or stop a service; 101 forbids it. */
export const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** Keeps a package's service from being started during `work`. A policy that the machine has already stays. */
export async function withoutService<T>(policy: string, service: string, work: () => Promise<T>): Promise<T> {
  const no = `#!/bin/sh\ncase " $* " in *" ${service} "* | *" ${service}.service "*) exit 101 ;; esac\nexit 0\n`;
  const ours = await writeFile(policy, no, { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    return await work();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}
