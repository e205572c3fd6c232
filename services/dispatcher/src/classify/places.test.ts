import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDisk, isPersistence, isSecret, normalise, PLACES, placeOf, whenUnset } from './places.ts';

const EXAMPLES: Record<(typeof PLACES)[number], readonly string[]> = {
  sink: ['/dev/null', '/dev/stderr', '/dev/fd/2', '/dev/../dev/null'],
  inside: ['a', 'a/b', './a', 'a/../b', '*.txt', 'a/*', '', '.git'],
  workspace: ['.', './', '*', './*', '.*', 'a/..'],
  temp: ['/tmp/a', '/tmp', '/tmp/*', '/var/tmp/a', '/dev/shm/a'],
  outside: ['..', '../a', 'a/../../b', '/opt/a/b', '/workspace', '/mnt/a/b'],
  home: ['~/a', '~bob/a', '/home/bob/a', '/root/a', '/Users/bob/a'],
  unknown: ['$X', '$X/a', '`a`', `\${X}a`, 'x'.repeat(5000)],
  shared: ['/usr/local/bin/a', '/var/www/a', '/usr/share/a'],
  system: ['/etc/hosts', '/usr/bin/a', '/tmp/../etc/a', '/boot/a', '/proc/1/mem', '/var/run/a'],
  root: [
    '/',
    '//',
    '/*',
    '/.',
    '/..',
    '/etc',
    '/home',
    '/home/*',
    '~',
    '~/',
    '~/*',
    '/home/bob',
    '/root',
    '/usr/',
    '/a',
  ],
  device: ['/dev/sda', '/dev/ttyS0', '/dev/mapper/a'],
};

describe('where a path lies', () => {
  it.each(PLACES)('%s', (place) => {
    expect(EXAMPLES[place].filter((path) => placeOf(path) !== place)).toEqual([]);
  });

  it('takes the directory it runs in into account', () => {
    expect(placeOf('a', '/etc')).toBe('system');
    expect(placeOf('*', '/')).toBe('root');
    expect(placeOf('a', null)).toBe('unknown');
    expect(placeOf('/tmp/a', null)).toBe('temp');
  });

  it('normalises to what the kernel would find', () => {
    expect(['/a/./b//c/../d', 'a/../../b', '/..', './a/', '../..'].map(normalise)).toEqual([
      '/a/b/d',
      '../b',
      '/',
      'a',
      '../..',
    ]);
    const part = fc.constantFrom('a', 'b', '..', '.', '');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const once = normalise(parts.join('/'));
        expect(normalise(once)).toBe(once);
      }),
    );
  });

  it('says what is left of a path when its variables are empty', () => {
    expect(['$X/etc', `\${X}$Y/a`, 'a$X', '/a'].map(whenUnset)).toEqual(['/etc', '/a', null, null]);
  });

  it('knows disks, secrets and what is run later', () => {
    expect(['/dev/sda1', '/dev/nvme0n1', '/dev/null', '/dev/tty'].map(isDisk)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const secrets = [
      '~/.ssh/id_rsa',
      '.env',
      '.env.local',
      '/etc/shadow',
      '~/.aws/credentials',
      '/proc/self/environ',
      '~/.kube/config',
    ];
    expect(secrets.filter((path) => !isSecret(path))).toEqual([]);
    const open = ['.env.example', 'id_rsa.pub', '~/.ssh/known_hosts', 'environ', 'src/secrets.ts', 'a.ts'];
    expect(open.filter(isSecret)).toEqual([]);
    const later = [
      '~/.bashrc',
      '/etc/cron.d/a',
      '.git/hooks/pre-commit',
      '/etc/ld.so.preload',
      '~/.ssh/authorized_keys',
    ];
    expect(later.filter((path) => !isPersistence(path))).toEqual([]);
    expect(['a', '.github/a', 'hooks/a', '/etc/hosts'].filter(isPersistence)).toEqual([]);
  });
});
