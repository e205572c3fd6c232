import { expect, test } from 'vitest';
import { END, inet, query, quoted, SHELL, tracedShell } from './trace.fixture.ts';
import type { Traced } from './traced.ts';

const failed = (error: string): string => `= -1 ${error} (Some text)`;
const connect = (fd: string, address: string, result: string): string =>
  `connect(${fd}, ${address}) ${result}`;
const listen = (address: string): string => `listen(4<TCP:[${address}]>, 5) = 0`;
const unix = (path: string): string => `{sa_family=AF_UNIX, sun_path=${quoted(path)}}, 110`;
const HERE = inet('127.0.0.1', 80);

function attempts({ network }: Traced): string[] {
  return network.map(
    ({ protocol, host, address, port }) => `${protocol} ${host ?? '-'} ${address ?? '-'} ${port ?? '-'}`,
  );
}

test.each(['EINPROGRESS', 'EINTR', 'ERESTARTSYS', 'EAGAIN'])(
  'a stream to this machine that goes on (%s) is inside where somebody listened, and only there',
  (error) => {
    const call = connect('3<TCP:[1]>', HERE, failed(error));
    expect(attempts(tracedShell([listen('127.0.0.1:80'), call]))).toEqual([]);
    expect(attempts(tracedShell([call]))).toEqual(['tcp - 127.0.0.1 80']);
    const bound = `bind(4<TCP:[2]>, ${HERE}) = 0`;
    expect(attempts(tracedShell([bound, call]))).toEqual(['tcp - 127.0.0.1 80']);
  },
);

test.each(['ECONNREFUSED', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EPERM', 'EACCES', 'EINVAL'])(
  'a stream to this machine that failed (%s) is an attempt, also where somebody listened before',
  (error) => {
    const call = connect('3<TCP:[1]>', HERE, failed(error));
    const traced = tracedShell([`bind(4<TCP:[2]>, ${HERE}) = 0`, listen('127.0.0.1:80'), call]);
    expect(attempts(traced)).toEqual(['tcp - 127.0.0.1 80']);
    expect(traced.gaps).toEqual([]);
  },
);

test.each(['EISCONN', 'EALREADY'])('a stream that was connected before (%s) was judged then', (error) => {
  expect(attempts(tracedShell([connect('3<TCP:[1]>', HERE, failed(error))]))).toEqual([]);
});

const ELSEWHERE = [
  ...[
    connect('3<TCP:[1]>', HERE, failed('ENETUNREACH')),
    connect('3<UDP:[1]>', HERE, failed('EHOSTUNREACH')),
  ],
  ...[
    connect('3<UDP:[1]>', HERE, failed('ENETDOWN')),
    connect('3<TCPv6:[1]>', HERE, failed('EADDRNOTAVAIL')),
  ],
  connect('3<TCP:[1]>', unix('/a'), failed('ENETUNREACH')),
  connect('3<TCP:[1]>', '{sa_family=AF_UNSPEC, sa_data="\\x00"}, 16', failed('ENETUNREACH')),
  `sendto(3<UDP:[1]>, "\\x61", 1, 0, ${HERE}) ${failed('ENETUNREACH')}`,
  `sendto(3<UDP:[1]>, "\\x61", 1, 0, NULL, 0) ${failed('ENETUNREACH')}`,
  `sendto(3<UDP:[1]>, ${quoted(query('a'))}, 1, 0, ${inet('127.0.0.1', 53)}) ${failed('ENETUNREACH')}`,
  `sendto(3<UDPv6:[1]>, "\\x61", 1, 0, ${inet('::ffff:127.0.0.1', 80)}) ${failed('EADDRNOTAVAIL')}`,
  `sendmmsg(3<UDP:[1]>, [${[1, 2].map(() => `{msg_hdr={msg_name=${HERE.replace(', 16', '')}, msg_namelen=16, msg_iov=[{iov_base="\\x61", iov_len=1}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=1}`).join(', ')}], 2, 0) = 1`,
];

test.each(ELSEWHERE)(
  'an answer that belongs to another address is an unknown attempt and a gap: %s',
  (call) => {
    const own = `bind(4<UDP:[2]>, ${HERE}) = 0`;
    const traced = tracedShell([own, listen('127.0.0.1:80'), call]);
    expect(attempts(traced)).toContain('tcp - - -');
    expect(traced.gaps).toEqual(['a network call could not be read']);
  },
);

test('without IPv6 its loopback is not there either, and that is no contradiction', () => {
  const traced = tracedShell([connect('3<TCPv6:[1]>', inet('::1', 80), failed('EADDRNOTAVAIL'))]);
  expect(attempts(traced)).toEqual(['tcp - ::1 80']);
  expect(traced.gaps).toEqual([]);
});

test('elsewhere everything is unreachable, and that is no contradiction', () => {
  const call = connect('3<TCP:[1]>', inet('192.0.2.1', 80), failed('ENETUNREACH'));
  expect(tracedShell([call]).gaps).toEqual([]);
});

const probe = (address: string, port: number, result = '= 0'): string =>
  connect('3<UDP:[1]>', inet(address, port), result);

test.each<readonly [says: string, calls: readonly string[], attempts: readonly string[]]>([
  ['with nothing after it', [probe('127.0.0.1', 514)], ['udp - 127.0.0.1 514']],
  ['twice', [probe('127.0.0.1', 514), probe('127.0.0.1', 514)], ['udp - 127.0.0.1 514']],
  ['to port 0', [probe('127.0.0.1', 0)], []],
  ['to port 65535', [probe('127.0.0.1', 65_535)], []],
  ['that failed', [probe('127.0.0.1', 514, failed('EACCES'))], ['udp - 127.0.0.1 514']],
  [
    'before a stream to the same port',
    [
      ...[probe('127.0.0.1', 80), probe('::1', 80, failed('EADDRNOTAVAIL'))],
      ...[listen('127.0.0.1:80'), connect('5<TCP:[3]>', HERE, '= 0')],
    ],
    [],
  ],
  [
    'before a stream to the same port elsewhere',
    [probe('127.0.0.1', 80), connect('5<TCP:[3]>', inet('192.0.2.1', 80), failed('ENETUNREACH'))],
    ['tcp - 192.0.2.1 80', 'udp - 127.0.0.1 80'],
  ],
  [
    'before a stream to another port',
    [probe('127.0.0.1', 514), connect('5<TCP:[3]>', HERE, failed('ECONNREFUSED'))],
    ['tcp - 127.0.0.1 80', 'udp - 127.0.0.1 514'],
  ],
  ['after a stream', [connect('5<TCP:[3]>', HERE, '= 0'), probe('127.0.0.1', 80)], ['udp - 127.0.0.1 80']],
  ['to a port that listens', [probe('127.0.0.1', 80), listen('127.0.0.1:80')], []],
  ['to an own port', [`bind(4<UDP:[2]>, ${inet('127.0.0.1', 514)}) = 0`, probe('127.0.0.1', 514)], []],
  [
    'to a port that is bound by a stream and does not listen',
    [`bind(4<TCP:[2]>, ${inet('127.0.0.1', 514)}) = 0`, probe('127.0.0.1', 514)],
    ['udp - 127.0.0.1 514'],
  ],
])('a datagram connection to this machine %s', (_, calls, expected) => {
  const traced = tracedShell(calls);
  expect(attempts(traced)).toEqual(expected);
  expect(traced.gaps).toEqual([]);
});

test('a stream of another process explains no datagram connection', () => {
  const traced = tracedShell([
    probe('127.0.0.1', 80),
    'clone(child_stack=NULL, flags=SIGCHLD) = 20',
    [20, connect('5<TCP:[3]>', HERE, '= 0')],
    ...END,
  ]);
  expect(attempts(traced)).toEqual(['udp - 127.0.0.1 80']);
  expect(traced.network[0]?.pid).toBe(SHELL);
});

test('a datagram that failed on this machine is an attempt, whoever was bound there before', () => {
  const own = `bind(4<UDP:[2]>, ${HERE}) = 0`;
  const send = (result: string): string => `sendto(3<UDP:[1]>, "\\x61", 1, 0, ${HERE}) ${result}`;
  expect(attempts(tracedShell([own, send('= 1')]))).toEqual([]);
  expect(attempts(tracedShell([own, send(failed('EAGAIN'))]))).toEqual([]);
  expect(attempts(tracedShell([own, send(failed('ECONNREFUSED'))]))).toEqual(['udp - 127.0.0.1 80']);
});

test.each(['127.0.0.1', '127.0.0.53', '127.1.2.3', '0.0.0.0', '::1'])('%s is a resolver', (address) => {
  const to = inet(address, 53);
  expect(attempts(tracedShell([connect('3<UDP:[1]>', to, '= 0')]))).toEqual(['dns - - -']);
  expect(attempts(tracedShell([`sendto(3<UDP:[1]>, ${quoted(query('a'))}, 19, 0, ${to}) = 19`]))).toEqual([
    'dns a - -',
  ]);
});

test.each(['{sa_family=AF_UNSPEC, sa_data="\\x00\\x35"}, 16', '{sa_family=AF_INET, sin_port=htons(9)}, 16'])(
  'a datagram to an address that is not understood is an unknown attempt and a gap: %s',
  (address) => {
    const traced = tracedShell([`sendto(3<UDP:[1]>, "\\x61", 1, 0, ${address}) = 1`]);
    expect(attempts(traced)).toEqual(['tcp - - -']);
    expect(traced.gaps).toEqual(['a network call could not be read']);
  },
);
