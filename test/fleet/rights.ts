/**
 * What a worker's container may, and why: each was taken away, and the rehearsal, promotion or rerun named here failed.
 * Everything else is dropped.
 */
export const CAPABILITIES: Readonly<Record<string, string>> = {
  CHOWN: "the view of a workspace has the workspace's owner, and the engine gives its socket to root",
  DAC_OVERRIDE: 'a workspace that only its owner may read is read, and what was reviewed lands in it',
  FOWNER:
    "the view of another owner's workspace, and the files that land, get the permissions that were reviewed",
  FSETID: 'a set-group-ID directory keeps that bit in its view',
  KILL: "a command that runs as the workspace's owner is ended when its time is over",
  MKNOD: 'the engine unpacks images, which hold device nodes',
  NET_ADMIN: "a rehearsal's own empty network gets its loopback",
  SETGID: "a command runs as the workspace's group",
  SETPCAP: "a rehearsal's bounding set is emptied; without it runc leaves it as it is and says nothing",
  SETUID: "a command runs as the workspace's owner",
  SYS_ADMIN: 'views of workspaces and the file systems of containers are mounted',
  SYS_CHROOT: 'the engine copies files out of containers, and does so below their root',
};

/** What the live lane needs besides, and why. */
export const LIVE_CAPABILITIES: Readonly<Record<string, string>> = {
  SYS_PTRACE: "the gate of a rerun opens the network of another owner's container",
};

/**
 * An engine's own seccomp filter would win over those of rehearsals, which hand what they refuse to the tracer; and a
 * profile of AppArmor forbids mounts.
 */
export const SECURITY_OPTIONS: readonly string[] = [
  'seccomp=unconfined',
  'apparmor=unconfined',
  'no-new-privileges',
];

/** What of a worker's file system can be written, besides its volumes. */
export const TMPFS: Readonly<Record<string, string>> = { '/run': 'exec,mode=755', '/tmp': 'exec,mode=1777' };

/** The volumes of a worker; the engine's must be no overlay. */
export const VOLUMES: readonly string[] = ['/var/lib/docker', '/var/lib/drylane'];
