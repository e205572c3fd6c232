import { limitValues } from '@drylane/proto/limits';
import { describe, expect, it } from 'vitest';
import { type ContainerTerms, containerOptions, mountinfoEscape } from './container.ts';
import { tracerOptions } from './tracer.ts';

const TERMS: ContainerTerms = {
  image: 'sha256:abc',
  runtime: null,
  workspace: '/srv/my site',
  limits: limitValues({}),
  user: { uid: 1000, gid: 100 },
  ipv6: true,
};

const options = (terms: Partial<ContainerTerms> = {}) =>
  containerOptions(
    { ...TERMS, ...terms },
    {
      workspace: { type: 'bind', source: '/pool/merged' },
      toolkit: '/pool/toolkit',
      control: '/pool/control',
      identity: new Map([['/etc/hosts', '/pool/hosts']]),
    },
    { drylane: 'sandbox' },
  );

describe("a rehearsal's container", () => {
  it('has no network, no capability, no way to gain one, and is never privileged', () => {
    const { HostConfig: host } = options();
    expect(host).toMatchObject({
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: [
        'no-new-privileges',
        expect.stringMatching(/^seccomp=\{"defaultAction":"SCMP_ACT_ERRNO"/),
      ],
      Privileged: false,
      IpcMode: 'private',
    });
    expect(host).not.toHaveProperty('CapAdd');
    expect(host).not.toHaveProperty('Binds');
    expect(host).not.toHaveProperty('Devices');
    expect(host).not.toHaveProperty('PidMode');
  });

  it('has every limit set, and no swap', () => {
    const { HostConfig: host } = options({
      limits: limitValues({ memory: '64Mi', disk: '32Mi', pids: 16, cpus: 0.5 }),
    });
    const memory = (64 + 32) * 2 ** 20;
    expect(host).toMatchObject({ Memory: memory, MemorySwap: memory, NanoCpus: 5e8, PidsLimit: 18 });
    expect(host?.Ulimits?.map((u) => u.Name).sort()).toEqual(['core', 'fsize', 'nofile']);
    for (const options of Object.values(host?.Tmpfs ?? {})) expect(options).toMatch(/size=\d+/);
  });

  it('sees of the host its workspace, and what is ours read-only', () => {
    const mounts = options().HostConfig?.Mounts ?? [];
    expect(mounts.map((m) => [m.Target, m.ReadOnly ?? false])).toEqual([
      ['/srv/my site', false],
      ['/.drylane', true],
      ['/.drylane/control', true],
      ['/etc/hosts', false],
    ]);
  });

  it('has a /dev that nothing can be made in', () => {
    expect(options().HostConfig?.Tmpfs?.['/dev']).toMatch(/^ro,/);
  });

  it('lets the engine write nothing of its output to disk', () => {
    expect(options().HostConfig?.LogConfig).toEqual({ Type: 'none', Config: {} });
  });

  it('runs the runner with the workspace as the kernel will list it', () => {
    expect(options().Cmd).toEqual([
      '/.drylane/busybox',
      'sh',
      '/.drylane/control/runner',
      '/srv/my\\040site',
      tracerOptions().join(' '),
    ]);
    expect(mountinfoEscape('/a\t\n\\b')).toBe('/a\\011\\012\\134b');
  });

  it('has no scratch directory where the workspace stands', () => {
    expect(Object.keys(options({ workspace: '/tmp' }).HostConfig?.Tmpfs ?? {})).toEqual(['/dev/shm', '/dev']);
  });
});
