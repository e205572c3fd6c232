import { describe, expect, it } from 'vitest';
import { parseCgroupPaths, processesIn, readCgroup } from './cgroup.ts';

describe('finding control groups', () => {
  it('reads the one directory of version 2', () => {
    expect(parseCgroupPaths('0::/system.slice/docker-abc.scope\n')).toMatchObject({
      version: 2,
      memory: '/sys/fs/cgroup/system.slice/docker-abc.scope',
    });
  });

  it('reads a directory for each controller of version 1, whatever they are mounted with', () => {
    const text =
      '9:name=systemd:/docker/x\n8:pids:/docker/x\n4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n0::/\n';
    expect(parseCgroupPaths(text)).toEqual({
      version: 1,
      memory: '/sys/fs/cgroup/memory/docker/x',
      pids: '/sys/fs/cgroup/pids/docker/x',
      cpu: '/sys/fs/cgroup/cpuacct/docker/x',
    });
  });

  it('answers nothing for a process that is gone', () => {
    expect(parseCgroupPaths('')).toBeUndefined();
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
