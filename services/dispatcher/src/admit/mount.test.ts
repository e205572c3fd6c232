import { describe, expect, it } from 'vitest';
import { coversContainer } from './mount.ts';

describe('a workspace mounted at its own path', () => {
  it.each([
    ...['/', '/etc', '/etc/nginx', '/usr', '/usr/share/x', '/usr/src', '/usr/local/bin', '/bin', '/sbin/x'],
    ...['/lib', '/lib64', '/libx32/y', '/proc/1', '/sys', '/dev/shm/x', '/run/user/1000', '/boot', '/tmp'],
    ...['/.drylane', '/.drylane/lib', '/var', '/var/tmp', '/var/lib', '/var/run/x', '/home', '/opt'],
  ])('may not be %s', (path) => {
    expect(coversContainer(path)).toBe(true);
  });

  it.each([
    ...[
      '/workspace',
      '/workspace/site',
      '/srv',
      '/srv/repos/x',
      '/home/x',
      '/home/x/site',
      '/root',
      '/root/x',
    ],
    ...['/tmp/x', '/var/tmp/x', '/var/lib/x', '/opt/app', '/usr/src/app', '/usr/local/src/app', '/data/site'],
    ...['/mnt', '/Users/x/site', '/etcetera', '/running'],
  ])('may be %s', (path) => {
    expect(coversContainer(path)).toBe(false);
  });
});
