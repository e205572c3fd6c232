import { expect, test } from 'vitest';
import { inet, query, quoted, tracedShell } from './trace.fixture.ts';
import type { Traced } from './traced.ts';

const REFUSED = '= -1 ECONNREFUSED (Connection refused)';
const UNREACHABLE = '= -1 ENETUNREACH (Network is unreachable)';
const ABSENT = '= -1 ENOENT (No such file or directory)';
const TO_RESOLVER = '3<UDP:[127.0.0.1:40000->127.0.0.1:53]>';
const unix = (path: string): string => `{sa_family=AF_UNIX, sun_path=${path}}, 110`;

function attempts({ network }: Traced): string[] {
  return network.map(
    ({ protocol, host, address, port }) => `${protocol} ${host ?? '-'} ${address ?? '-'} ${port ?? '-'}`,
  );
}

const ask = (fd: string, name: Buffer): string =>
  `sendto(${fd}, ${quoted(name)}, 30, MSG_NOSIGNAL, NULL, 0) = 30`;
const connect = (fd: string, address: string, result: string): string =>
  `connect(${fd}, ${address}) ${result}`;
const RESOLVER = inet('127.0.0.1', 53);

test.each<readonly [says: string, calls: readonly string[], attempts: readonly string[]]>([
  ['a stream elsewhere', [connect('3<TCP:[1]>', inet('192.0.2.1', 80), UNREACHABLE)], ['tcp - 192.0.2.1 80']],
  [
    'a stream over IPv6',
    [connect('3<TCPv6:[1]>', inet('2001:db8::1', 80), UNREACHABLE)],
    ['tcp - 2001:db8::1 80'],
  ],
  [
    'IPv4 inside IPv6',
    [connect('3<TCPv6:[1]>', inet('::ffff:192.0.2.1', 80), UNREACHABLE)],
    ['tcp - 192.0.2.1 80'],
  ],
  ['a socket of unknown kind', [connect('3', inet('192.0.2.1', 80), UNREACHABLE)], ['tcp - 192.0.2.1 80']],
  [
    'a datagram socket elsewhere, without a send',
    [connect('3<UDP:[1]>', inet('192.0.2.1', 9), '= 0')],
    ['udp - 192.0.2.1 9'],
  ],
  ['a ping', [connect('3<PING:[1]>', inet('192.0.2.1', 0), UNREACHABLE)], ['udp - 192.0.2.1 0']],
  ['no descriptor', [connect('3', inet('192.0.2.1', 80), '= -1 EBADF (Bad file descriptor)')], []],
  [
    'no socket',
    [connect('3<\\x2f>', inet('192.0.2.1', 80), '= -1 ENOTSOCK (Socket operation on non-socket)')],
    [],
  ],
  [
    'a call its process died in',
    [
      'connect(3<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("\\x31\\x2e\\x31\\x2e\\x31\\x2e\\x31")}, 16 <unfinished ...>) = ?',
    ],
    ['tcp - 1.1.1.1 1'],
  ],
  ['the end of a connection', ['connect(3<UDP:[1]>, {sa_family=AF_UNSPEC, sa_data="\\x00"}, 16) = 0'], []],
  [
    'netlink',
    [
      'sendto(3<NETLINK:[ROUTE:9]>, "\\x00", 1, 0, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 1',
    ],
    [],
  ],
  [
    'another family',
    [
      'connect(3, {sa_family=AF_VSOCK, svm_cid=VMADDR_CID_HOST, svm_port=0x1}, 16) = -1 ENODEV (No such device)',
    ],
    ['udp - AF_VSOCK -'],
  ],

  [
    'a refused stream to this machine',
    [connect('3<TCP:[1]>', inet('127.0.0.1', 5432), REFUSED)],
    ['tcp - 127.0.0.1 5432'],
  ],
  [
    'a refused stream to any address',
    [connect('3<TCP:[1]>', inet('0.0.0.0', 5432), REFUSED)],
    ['tcp - 0.0.0.0 5432'],
  ],
  ['an answered stream to this machine', [connect('3<TCP:[1]>', inet('127.0.0.1', 5432), '= 0')], []],
  [
    'a stream to a port found out afterwards',
    [
      'listen(4<TCP:[127.0.0.1:4242]>, 5) = 0',
      connect('3<TCP:[1]>', inet('127.0.0.1', 4242), '= -1 EINPROGRESS (Operation now in progress)'),
    ],
    [],
  ],
  [
    'a stream to a port asked for by name',
    [
      `bind(4<TCP:[2]>, ${inet('127.0.0.1', 0)}) = 0`,
      'listen(4<TCP:[2]>, 5) = 0',
      `getsockname(4<TCP:[2]>, ${inet('127.0.0.1', 4243).replace('16', '[16]')}) = 0`,
      connect('3<TCP:[1]>', inet('127.0.0.1', 4243), '= -1 EINPROGRESS (Operation now in progress)'),
    ],
    [],
  ],
  [
    'a stream to a port that could not be bound',
    [
      `bind(4<TCP:[2]>, ${inet('127.0.0.1', 82)}) = -1 EACCES (Permission denied)`,
      connect('3<TCP:[1]>', inet('127.0.0.1', 82), REFUSED),
    ],
    ['tcp - 127.0.0.1 82'],
  ],
  [
    'an own port elsewhere',
    [
      `bind(4<TCP:[2]>, ${inet('127.0.0.1', 80)}) = 0`,
      connect('3<TCP:[1]>', inet('192.0.2.1', 80), UNREACHABLE),
    ],
    ['tcp - 192.0.2.1 80'],
  ],
  [
    'a datagram port is no stream port',
    [`bind(4<UDP:[2]>, ${inet('127.0.0.1', 83)}) = 0`, connect('3<TCP:[1]>', inet('127.0.0.1', 83), REFUSED)],
    ['tcp - 127.0.0.1 83'],
  ],
  [
    'a datagram to this machine',
    [`sendto(3<UDP:[1]>, "\\x00", 1, 0, ${inet('127.0.0.1', 514)}) = 1`],
    ['udp - 127.0.0.1 514'],
  ],
  [
    'a datagram on a connection to this machine',
    ['sendto(3<UDP:[127.0.0.1:40000->127.0.0.1:514]>, "\\x00", 1, 0, NULL, 0) = 1'],
    ['udp - 127.0.0.1 514'],
  ],
  [
    'a datagram to an own port',
    [
      `bind(4<UDP:[2]>, ${inet('127.0.0.1', 514)}) = 0`,
      `sendto(3<UDP:[1]>, "\\x00", 1, 0, ${inet('127.0.0.1', 514)}) = 1`,
    ],
    [],
  ],
  [
    'an answer to a datagram',
    [
      'sendto(3<UDP:[0.0.0.0:40001]>, "", 0, 0, NULL, 0) = -1 EDESTADDRREQ (Destination address required)',
      `sendto(4<UDP:[127.0.0.1:514]>, "\\x00", 1, 0, ${inet('127.0.0.1', 40001)}) = 1`,
    ],
    [],
  ],
  [
    'a stream opened by sending',
    [`sendto(3<TCP:[1]>, "\\x00", 1, MSG_FASTOPEN, ${inet('192.0.2.1', 80)}) ${UNREACHABLE}`],
    ['tcp - 192.0.2.1 80'],
  ],

  [
    'a question',
    [connect('3<UDP:[1]>', RESOLVER, '= 0'), ask(TO_RESOLVER, query('a', 'test'))],
    ['dns a.test - -'],
  ],
  [
    'a question with its address',
    [`sendto(3<UDP:[1]>, ${quoted(query('a'))}, 1, 0, ${RESOLVER}) = 1`],
    ['dns a - -'],
  ],
  [
    'a question in pieces',
    [
      `sendmsg(${TO_RESOLVER}, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=${quoted(query('a').subarray(0, 12))}, iov_len=12}, {iov_base=${quoted(query('a').subarray(12))}, iov_len=7}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0) = 19`,
    ],
    ['dns a - -'],
  ],
  [
    'two questions at once',
    [
      `sendmmsg(${TO_RESOLVER}, [${['a', 'b'].map((name) => `{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=${quoted(query(name))}, iov_len=19}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=19}`).join(', ')}], 2, MSG_NOSIGNAL) = 2`,
    ],
    ['dns a - -', 'dns b - -'],
  ],
  [
    'a question on a stream',
    [
      connect('3<TCP:[1]>', RESOLVER, '= -1 EINPROGRESS (Operation now in progress)'),
      `sendto(3<TCP:[1]>, ${quoted(Buffer.concat([Buffer.from([0, 19]), query('a')]))}, 21, 0, NULL, 0) ${REFUSED}`,
    ],
    ['dns a - -'],
  ],
  ['a connection to the resolver, and silence', [connect('3<UDP:[1]>', RESOLVER, '= 0')], ['dns - - -']],
  [
    'a connection given up for another',
    [
      connect('3<UDP:[1]>', RESOLVER, '= 0'),
      'socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3<UDP:[2]>',
      connect('3<UDP:[2]>', RESOLVER, '= 0'),
      ask(TO_RESOLVER, query('a')),
    ],
    ['dns - - -', 'dns a - -'],
  ],
  [
    'a connection used again',
    [
      connect('3<UDP:[1]>', RESOLVER, '= 0'),
      connect(TO_RESOLVER, RESOLVER, '= 0'),
      ask(TO_RESOLVER, query('a')),
    ],
    ['dns - - -', 'dns a - -'],
  ],
  [
    'something else sent to the resolver',
    [
      connect('3<UDP:[1]>', RESOLVER, '= 0'),
      ask(TO_RESOLVER, query('a')),
      ask(TO_RESOLVER, Buffer.from('junk')),
    ],
    ['dns a - -', 'dns - - -'],
  ],
  [
    'a question elsewhere',
    [`sendto(3<UDP:[1]>, ${quoted(query('a'))}, 1, 0, ${inet('192.0.2.53', 53)}) ${UNREACHABLE}`],
    ['udp - 192.0.2.53 53', 'dns a - -'],
  ],
  [
    'a question to another port',
    [`sendto(3<UDP:[1]>, ${quoted(query('a'))}, 1, 0, ${inet('192.0.2.53', 54)}) ${UNREACHABLE}`],
    ['udp - 192.0.2.53 54'],
  ],

  [
    'a socket that is not there',
    [connect('3<UNIX-STREAM:[1]>', unix('"\\x2f\\x61"'), ABSENT)],
    ['unix - /a -'],
  ],
  ['a socket that answers', [connect('3<UNIX-STREAM:[1]>', unix('"\\x2f\\x61"'), '= 0')], []],
  ['an abstract socket', [connect('3<UNIX-STREAM:[1]>', unix('@"\\x61"'), REFUSED)], ['unix - @a -']],
  ['a name service', [connect('3<UNIX-STREAM:[1]>', unix(quoted('/var/run/nscd/socket')), ABSENT)], []],
  [
    'a climb out of a name service',
    [connect('3<UNIX-STREAM:[1]>', unix(quoted('/var/lib/sss/pipes/../../../../run/docker.sock')), ABSENT)],
    ['unix - /var/lib/sss/pipes/../../../../run/docker.sock -'],
  ],
  ['a socket pair', ['sendto(3<UNIX-STREAM:[1->2]>, "\\x61", 1, 0, NULL, 0) = 1'], []],
])('%s', (_, calls, expected) => {
  const traced = tracedShell(calls);
  expect(attempts(traced)).toEqual(expected);
  expect(traced.gaps).toEqual([]);
});

test.each([
  ['an address', 'connect(3<TCP:[1]>, 0x7ffe0000, 16) = -1 ENETUNREACH (Network is unreachable)'],
  ['an address that is cut short', 'connect(3<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0'],
  ['where a datagram goes', 'sendto(3<UDP:[1]>, "\\x00", 1, 0, 0x7ffe0000, 16) = 1'],
  ['a message', 'sendmsg(3<UDP:[1]>, 0x7ffe0000, 0) = 1'],
  ['messages', 'sendmmsg(3<UDP:[1]>, 0x7ffe0000, 2, 0) = 1'],
])('%s that cannot be read is an attempt, and the trace is not complete', (_, call) => {
  const traced = tracedShell([call]);
  expect(attempts(traced)).toEqual(['tcp - - -']);
  expect(traced.gaps).toEqual(['a network call could not be read']);
});

test('a payload that cannot be read makes the trace incomplete', () => {
  const traced = tracedShell([`sendto(3<UDP:[1]>, 0x7ffe0000, 9, 0, ${inet('192.0.2.1', 9)}) = 9`]);
  expect(attempts(traced)).toEqual(['udp - 192.0.2.1 9']);
  expect(traced.complete).toBe(false);
});

test('what the kernel could not read either went nowhere', () => {
  const traced = tracedShell(['connect(3<TCP:[1]>, 0x8, 16) = -1 EFAULT (Bad address)']);
  expect(attempts(traced)).toEqual([]);
  expect(traced.complete).toBe(true);
});

test('an attempt is listed once for its program and step, and no more than a thousand are', () => {
  const calls = Array.from({ length: 1500 }, (_, port) =>
    connect('3<TCP:[1]>', inet('192.0.2.1', port), UNREACHABLE),
  );
  const traced = tracedShell([...calls, ...calls.slice(0, 10)]);
  expect(traced.network).toHaveLength(1000);
  expect(traced.networkLeftOut).toBe(500);
  expect(traced.gaps).toEqual(['more was reached for than is kept']);
});
