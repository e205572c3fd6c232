import { describe, expect, it } from 'vitest';
import { parseCgroupPaths, processesIn, readCgroup } from './cgroup.ts';

const V1 = ['pids', 'memory', 'cpu,cpuacct'];
const mountsOfVersion1 = (root: string): string =>
  V1.map((c) => `40 30 0:28 ${root} /sys/fs/cgroup/${c} ro,nosuid master:11 - cgroup cgroup rw,${c}`).join(
    '\n',
  );
const version2 = (root: string): string =>
  `36 30 0:26 ${root} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`;

describe('finding control groups', () => {
  it('reads the one directory of version 2', () => {
    expect(parseCgroupPaths('0::/system.slice/docker-abc.scope\n', version2('/'))).toMatchObject({
      version: 2,
      memory: '/sys/fs/cgroup/system.slice/docker-abc.scope',
    });
  });

  it('reads a directory for each controller of version 1, wherever they are mounted', () => {
    const text =
      '9:name=systemd:/docker/x\n8:pids:/docker/x\n4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n0::/\n';
    expect(parseCgroupPaths(text, mountsOfVersion1('/'))).toEqual({
      version: 1,
      memory: '/sys/fs/cgroup/memory/docker/x',
      pids: '/sys/fs/cgroup/pids/docker/x',
      cpu: '/sys/fs/cgroup/cpu,cpuacct/docker/x',
    });
  });

  it.each([
    ['1', mountsOfVersion1('/docker/worker'), '/sys/fs/cgroup/memory/docker/x'],
    ['2', version2('/docker/worker'), '/sys/fs/cgroup/docker/x'],
  ])('in a container that sees only its own group of version %s, reads below that', (_, mounts, memory) => {
    const path = '/docker/worker/docker/x';
    const text = `8:pids:${path}\n4:memory:${path}\n2:cpu,cpuacct:${path}\n0::${path}\n`;
    expect(parseCgroupPaths(text, mounts)).toMatchObject({ memory });
  });

  it.each(['/docker/other', '/docker/worker2/x', '/../x'])(
    'answers nothing for %s, which is not in view',
    (path) => {
      expect(parseCgroupPaths(`0::${path}\n`, version2('/docker/worker'))).toBeUndefined();
    },
  );

  it('answers nothing for a process that is gone', () => {
    expect(parseCgroupPaths('', version2('/'))).toBeUndefined();
  });

  it('reads nulls and no processes where there is no group', async () => {
    const nowhere = { version: 2, memory: '/nowhere', pids: '/nowhere', cpu: '/nowhere' } as const;
    expect(await readCgroup(nowhere)).toEqual({
      cpuMs: null,
      memoryPeakBytes: null,
      processesPeak: null,
      oomKills: 0,
      pidsRefused: 0,
    });
    expect(await processesIn(nowhere)).toEqual([]);
  });
});
