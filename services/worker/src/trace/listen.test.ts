import { expect, test } from 'vitest';
import { inet, tracedShell } from './trace.fixture.ts';

const bind = (fd: string, address: string, port: number): string => `bind(${fd}, ${inet(address, port)}) = 0`;

test.each<readonly [says: string, calls: readonly string[], listeners: readonly string[]]>([
  [
    'every address',
    [bind('3<TCP:[1]>', '0.0.0.0', 80), 'listen(3<TCP:[0.0.0.0:80]>, 5) = 0'],
    ['tcp 0.0.0.0 80'],
  ],
  [
    'every address of IPv6',
    [bind('3<TCPv6:[1]>', '::', 80), 'listen(3<TCPv6:[[::]:80]>, 5) = 0'],
    ['tcp :: 80'],
  ],
  [
    'one address',
    [bind('3<TCP:[1]>', '192.0.2.1', 80), 'listen(3<TCP:[192.0.2.1:80]>, 5) = 0'],
    ['tcp 192.0.2.1 80'],
  ],
  ['no address', ['listen(3<TCP:[1]>, 5) = 0'], ['tcp 0.0.0.0 -']],
  ['no address, of IPv6', ['listen(3<TCPv6:[1]>, 5) = 0'], ['tcp :: -']],
  ['a socket of unknown kind', ['listen(3, 5) = 0'], ['tcp 0.0.0.0 -']],
  [
    'a chosen port',
    [bind('3<TCP:[1]>', '0.0.0.0', 0), 'listen(3<TCP:[0.0.0.0:40123]>, 5) = 0'],
    ['tcp 0.0.0.0 -'],
  ],
  [
    'an address that is not shown',
    [bind('3<TCP:[1]>', '0.0.0.0', 80), 'listen(3<TCP:[1]>, 5) = 0'],
    ['tcp 0.0.0.0 80'],
  ],
  ['this machine', [bind('3<TCP:[1]>', '127.0.0.1', 80), 'listen(3<TCP:[127.0.0.1:80]>, 5) = 0'], []],
  ['this machine, not shown', [bind('3<TCP:[1]>', '127.0.0.1', 80), 'listen(3<TCP:[1]>, 5) = 0'], []],
  ['this machine over IPv6', ['listen(3<TCPv6:[[::1]:80]>, 5) = 0'], []],
  ['a path', ['listen(3<UNIX-STREAM:[1,"\\x2f\\x61"]>, 5) = 0'], []],
  ['in vain', ['listen(3<TCP:[0.0.0.0:80]>, 5) = -1 EADDRINUSE (Address already in use)'], []],
  ['bound only', [bind('3<TCP:[1]>', '0.0.0.0', 80)], []],
  ['datagrams', [bind('3<UDP:[1]>', '0.0.0.0', 514)], ['udp 0.0.0.0 514']],
  ['datagrams over IPv6', [bind('3<UDPv6:[1]>', '::', 514)], ['udp :: 514']],
  ['datagrams of this machine', [bind('3<UDP:[1]>', '127.0.0.1', 514)], []],
  ['a datagram socket that asks', [bind('3<UDP:[1]>', '0.0.0.0', 0)], []],
])('listening: %s', (_, calls, expected) => {
  const traced = tracedShell(calls);
  expect(traced.network.every(({ listens }) => listens === true)).toBe(true);
  expect(
    traced.network.map(({ protocol, address, port }) => `${protocol} ${address ?? '-'} ${port ?? '-'}`),
  ).toEqual(expected);
  expect(traced.gaps).toEqual([]);
});

test('reaching for an address and being reached at it are two attempts', () => {
  const traced = tracedShell([
    `connect(3<UDP:[1]>, ${inet('192.0.2.1', 514)}) = -1 ENETUNREACH (Network is unreachable)`,
    bind('3<UDP:[1]>', '192.0.2.1', 514),
  ]);
  expect(traced.network.map(({ listens }) => listens ?? false)).toEqual([false, true]);
});

test('an address of its own that cannot be read makes the trace incomplete', () => {
  for (const address of [
    '0x7ffe0000, 16',
    '{sa_family=AF_UNSPEC, sa_data="\\x00\\x50"}, 16',
    '{sa_family=AF_UNIX, sun_path="\\x61"}, 4',
  ])
    expect(tracedShell([`bind(3<UDP:[1]>, ${address}) = 0`])).toMatchObject({
      network: [{ listens: true, address: null }],
      gaps: ['a network call could not be read'],
    });
});
