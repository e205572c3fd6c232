import type { ContainerCreateOptions } from 'dockerode';
import { CONTROL_MOUNT } from './control.ts';
import type { SandboxSpec } from './sandbox.ts';
import { seccompProfile } from './seccomp.ts';
import { tracerOptions } from './tracer.ts';
import type { WorkspaceMount } from './workspace.ts';

/** The labels that everything of ours in an engine carries; the reaper goes by them. */
export const LABEL = 'drylane';
export const OWNER_LABEL = 'drylane.owner';
export const SANDBOX_LABEL = 'drylane.sandbox';

/** What is bound into a container besides the workspace. */
export interface ContainerMounts {
  /** Bind source on the engine's host, or the name of a volume. */
  readonly workspace: WorkspaceMount;
  readonly toolkit: string;
  readonly control: string;
  /** Private copies of the files that an engine writes for each container, by their path in there. */
  readonly identity: ReadonlyMap<string, string>;
}

/** What of a rehearsal its container has to know from the start; everything else is its job. */
export interface ContainerTerms extends Pick<SandboxSpec, 'runtime' | 'workspace' | 'limits' | 'user'> {
  /** By its id. */
  readonly image: string;
  readonly ipv6: boolean;
}

/** The tracer and the keeper. */
export const OWN_PROCESSES = 2;
const SHM_BYTES = 64 * 2 ** 20;

/** Directories of a container that are nobody's evidence: nobody looks at what a command leaves there. */
export const SCRATCH = ['/tmp', '/dev/shm'] as const;

/**
 * The tmpfs of a container, with their mount options: what is scratch, and a /dev that is read-only, so that a
 * write to a disk's name is refused and does not quietly make a file.
 */
export function scratch(spec: Pick<SandboxSpec, 'workspace' | 'limits'>): Record<string, string> {
  const all: Record<string, string> = {
    '/tmp': `rw,nosuid,nodev,exec,size=${spec.limits.diskBytes},mode=1777`,
    '/dev/shm': `rw,nosuid,nodev,size=${SHM_BYTES},mode=1777`,
    '/dev': 'ro,dev,nosuid,size=64k,mode=755',
  };
  delete all[spec.workspace];
  return all;
}

/**
 * Everything about a rehearsal's container, as a value: no network, no capability, no way to gain privilege,
 * every limit set, nothing of the host but the workspace's view, the toolkit and the control directory. It says
 * nothing of the command.
 */
export function containerOptions(
  spec: ContainerTerms,
  mounts: ContainerMounts,
  labels: Readonly<Record<string, string>>,
): ContainerCreateOptions {
  const { limits } = spec;
  // Pages of a tmpfs count as the container's memory: what it may write to the workspace comes on top.
  const memory = limits.memoryBytes + limits.diskBytes;
  const bind = (source: string, target: string, readOnly: boolean) => ({
    Type: 'bind' as const,
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  });
  return {
    Image: spec.image,
    Cmd: [
      '/.drylane/busybox',
      'sh',
      `${CONTROL_MOUNT}/runner`,
      mountinfoEscape(spec.workspace),
      tracerOptions().join(' '),
    ],
    Entrypoint: [],
    User: `${spec.user.uid}:${spec.user.gid}`,
    WorkingDir: '/',
    Hostname: 'drylane',
    Labels: { ...labels },
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    NetworkDisabled: false,
    Healthcheck: { Test: ['NONE'] },
    StopSignal: 'SIGKILL',
    HostConfig: {
      NetworkMode: 'none',
      // A resolver that is there but silent: the name that was asked for can be seen, and nothing hangs.
      Dns: ['127.0.0.1'],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${seccompProfile()}`],
      Privileged: false,
      IpcMode: 'private',
      ...(spec.runtime === null ? {} : { Runtime: spec.runtime }),
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.pids + OWN_PROCESSES,
      Ulimits: [
        { Name: 'nofile', Soft: 4096, Hard: 4096 },
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'fsize', Soft: limits.diskBytes, Hard: limits.diskBytes },
      ],
      Tmpfs: scratch(spec),
      // An engine without networks takes ::1 away as well, which is loopback and nobody's network.
      ...(spec.ipv6 ? { Sysctls: { 'net.ipv6.conf.lo.disable_ipv6': '0' } } : {}),
      Mounts: [
        workspaceMount(mounts.workspace, spec.workspace),
        bind(mounts.toolkit, '/.drylane', true),
        bind(mounts.control, CONTROL_MOUNT, true),
        ...[...mounts.identity].map(([target, source]) => bind(source, target, false)),
      ],
      // The engine must never write output to the host's disk: it is not scrubbed yet.
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
    },
  };
}

function workspaceMount({ type, source, propagates = false }: WorkspaceMount, target: string) {
  const mount = { Type: type, Source: source, Target: target };
  return propagates ? { ...mount, BindOptions: { Propagation: 'rslave' as const } } : mount;
}

/** A path as /proc/self/mountinfo writes it: blanks and backslashes in octal (proc(5)). */
export function mountinfoEscape(path: string): string {
  return path.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
