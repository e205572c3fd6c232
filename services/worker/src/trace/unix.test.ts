import { expect, test } from 'vitest';
import { unixTarget } from './unix.ts';

const OK = { value: 0, error: null };
const failed = (error: string): { value: number; error: string } => ({ value: -1, error });

test.each([OK, { value: 5, error: null }, ...['EAGAIN', 'EISCONN', 'EINPROGRESS', 'EALREADY'].map(failed)])(
  'a socket that answers %o is inside',
  (result) => expect(unixTarget('/run/docker.sock', result)).toBeNull(),
);

test.each([
  ...['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ENOTDIR', 'EPROTOTYPE', 'ECONNRESET', 'EPIPE'].map(
    failed,
  ),
  { value: null, error: null },
  { value: null, error: 'ERESTARTSYS' },
])('a socket that answers %o is an attempt', (result) => {
  expect(unixTarget('/a', result)).toEqual({ protocol: 'unix', host: null, address: '/a', port: null });
});

test.each([
  ['/var/run/nscd/socket', null],
  ['/run/nscd/socket', null],
  ['/run/systemd/userdb/io.systemd.DynamicUser', null],
  ['/run/systemd/userdb/io.systemd.Machine', 'unix'],
  ['/run/systemd/userdb/a/../../private', 'unix'],
  ['/run/systemd/resolve/io.systemd.Resolve', 'dns'],
  ['/run/avahi-daemon/socket', 'dns'],
  ['/var/run/avahi-daemon/socket', 'dns'],
  ['/var/lib/sss/pipes/nss', 'unix'],
  ['x/run/nscd/socket', 'unix'],
] as const)('%s where nobody answers is %s', (path, protocol) => {
  expect(unixTarget(path, failed('ENOENT'))?.protocol ?? null).toBe(protocol);
});
