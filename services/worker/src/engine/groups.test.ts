import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { divide, planGroups } from './groups.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-groups-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const line = (point: string, options: string, type: string): string =>
  `652 645 0:29 /docker/x ${point} ${options},nosuid - ${type} cgroup rw\n`;

describe("what makes a container's control groups usable", () => {
  it('is to make those of version 1 writable that are not', () => {
    const text =
      line('/sys/fs/cgroup/memory', 'ro', 'cgroup') +
      line('/sys/fs/cgroup/pids', 'rw', 'cgroup') +
      line('/sys/fs/cgroup/unified', 'ro', 'cgroup2') +
      line('/sys/fs/cgroup', 'ro', 'tmpfs');
    expect(planGroups(text)).toEqual([
      { kind: 'writable', mount: '/sys/fs/cgroup/memory' },
      { kind: 'writable', mount: '/sys/fs/cgroup/unified' },
    ]);
  });

  it.each([
    ['ro', [{ kind: 'writable', mount: '/sys/fs/cgroup' }]],
    ['rw', []],
  ])('is to divide those of version 2, mounted %s', (options, before) => {
    expect(planGroups(line('/sys/fs/cgroup', options, 'cgroup2'))).toEqual([
      ...before,
      { kind: 'divide', mount: '/sys/fs/cgroup' },
    ]);
  });

  it('is nothing where there are none', () => {
    expect(planGroups('')).toEqual([]);
  });
});

describe('a group of version 2 that is divided', () => {
  it('has its processes in a group below, and hands on what it controls', async () => {
    const write = (name: string, text: string) => writeFile(join(scratch, name), text);
    await write('cgroup.procs', '1\n');
    await write('cgroup.controllers', 'cpu memory pids\n');
    await mkdir(join(scratch, 'worker'));
    await divide(scratch);
    expect(await readFile(join(scratch, 'worker', 'cgroup.procs'), 'utf8')).toBe('1');
    expect(await readFile(join(scratch, 'cgroup.subtree_control'), 'utf8')).toBe('+cpu +memory +pids');
  });
});
