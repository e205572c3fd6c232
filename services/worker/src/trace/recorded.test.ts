import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recorded, traced } from './trace.fixture.ts';

/** What each recorded command tried to reach, as `program protocol where`. */
const NETWORK: Readonly<Record<string, readonly string[]>> = {
  bash: [],
  busybox: ['busybox dns null', 'busybox dns wget.example.test'],
  curl: [
    'curl dns example.test',
    'curl tcp 192.0.2.40:8080',
    'curl tcp 127.0.0.1:8081',
    'curl tcp ::1:8081',
    'curl dns late.example.test',
  ],
  died: [],
  evade: [
    ...[
      'tcp null',
      'tcp 127.0.0.1:5432',
      'unix /tmp/own.sock',
      'dns /run/systemd/resolve/io.systemd.Resolve',
    ],
    ...['dns /run/avahi-daemon/socket', 'unix /run/systemd/userdb/io.systemd.Machine'],
    // The tracer shows what a multipath socket is only once it listens.
    ...['tcp 0.0.0.0:8080', 'tcp 0.0.0.0', 'udp 0.0.0.0:8081', 'tcp 0.0.0.0:8081', 'udp 0.0.0.0:5514'],
    ...['dns null', 'udp 127.0.0.1:514'],
  ].map((target) => `python3 ${target}`),
  git: ['git-remote-https dns git.example.test', 'git dns git.example.test'],
  notif: [],
  odd: ['python3 unix /tmp/s>]"', 'python3 udp 192.0.2.30:9'],
  plain: [],
  signals: [],
  sockets: [
    ...[
      'tcp 192.0.2.7:443',
      'tcp 2001:db8::5:8443',
      'tcp 127.0.0.1:9999',
      'tcp ::1:9998',
      ...['tcp ::', 'tcp :::39873'],
      'tcp 127.0.0.1:9997',
    ],
    ...['udp 192.0.2.8:514', 'udp 127.0.0.1:5353', 'dns example.test', 'dns six.example.test'],
    ...['udp 192.0.2.53:53', 'dns other.test', 'dns null', 'unix /var/run/docker.sock', 'unix @hiddenÿ'],
    ...['udp 192.0.2.9:0', 'udp 0x201', 'udp AF_CAN', 'udp 192.0.2.12:443', 'tcp 192.0.2.13:80'],
    ...['tcp 127.0.0.1:81', 'tcp fe80::1:81', 'udp 127.0.0.1:1234'],
  ].map((target) => `python3 ${target}`),
  texec: ['busybox tcp 192.0.2.98:443'],
  threads: ['python3 tcp 192.0.2.20:80'],
  toolkit: ['busybox tcp null', 'busybox tcp null'],
};

/** Why a recorded trace cannot be believed; the others are complete. */
const GAPS: Readonly<Record<string, readonly string[]>> = {
  evade: ['a network call could not be read'],
  notif: ['the command put itself between its calls and the tracer'],
  signals: ['the command reached for what watches it'],
  threads: ['a process was made that the tracer cannot follow', 'the command reached for what watches it'],
  toolkit: ['a network call could not be read'],
};

describe.each([...recorded()])('the recorded trace %s', (name, bytes) => {
  test('tells what was reached for', () => {
    const { network, complete, gaps } = traced(bytes);
    const shown = network.map(({ program, protocol, host, address, port }) => {
      const where = address === null ? host : port === null ? address : `${address}:${port}`;
      return `${program} ${protocol} ${where}`;
    });
    expect(shown).toEqual(NETWORK[name]);
    expect(gaps).toEqual(GAPS[name] ?? []);
    expect(complete).toBe(!(name in GAPS));
  });

  test('tells the same however it is cut', () => {
    const whole = traced(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (places) => {
        const sorted = [0, ...places, bytes.length].sort((a, b) => a - b);
        const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
        expect(traced(chunks)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
    expect(traced(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  test('is not complete when it ends before the shell does', () => {
    const end = bytes.lastIndexOf(`\n${traced(bytes).shell?.pid}    1`, bytes.length - 2);
    expect(end).toBeGreaterThan(0);
    for (let at = 0; at <= end; at += Math.ceil(end / 50))
      expect(traced(bytes.subarray(0, at)).complete).toBe(false);
  });
});

test('every recorded trace is looked at', () => {
  expect(Object.keys(NETWORK)).toEqual([...recorded().keys()].sort());
});

const processes = (name: string): string[] =>
  traced(recorded().get(name) ?? Buffer.alloc(0)).processes.map(
    ({ argv, exitCode, signal, endedMs }) =>
      `${argv.join(' ')} → ${endedMs === null ? 'lives' : (signal ?? exitCode)}`,
  );

test('processes have their own words, and those of their maker until they start a program', () => {
  expect(processes('bash')).toEqual([
    ...[' → SIGKILL', 'ls / → 0', 'wc -l → 0', 'bash -c exit 3 → 3', ' → 0', ' → 127'],
    ...['sleep 0.2 → 0', 'ls → 0', 'env -i nosuch → 127'],
  ]);
  expect(processes('died')).toEqual([' → 6', ' → SIGKILL', ' → 0', 'sleep 60 → lives', 'sleep 60 → lives']);
});

test('threads are one with their process, also where one of them starts a program', () => {
  expect(processes('threads')).toEqual([
    ...['python3 /v/threads.py → 0', 'true → 0', '/bin/sh -c exit 4 → 4', 'true spawned → 0', 'ls -d / → 0'],
    ...['python3 /v/threads.py → SIGABRT', 'python3 /v/threads.py → lives'],
  ]);
  expect(processes('texec')).toEqual(['busybox nc -w 1 192.0.2.98 443 → 1']);
});

test('arguments that look like lines of the trace stay arguments', () => {
  const { processes: all, privileged } = traced(recorded().get('odd') ?? Buffer.alloc(0));
  expect(privileged).toEqual([]);
  expect(all.map(({ program }) => program)).toEqual(['shell', 'printf', 'head']);
});

test('signals to the tracer are tampering, and privileged by their calls', () => {
  const { tampering, privileged } = traced(recorded().get('signals') ?? Buffer.alloc(0));
  expect(tampering).toBe(true);
  expect(privileged.map(({ syscall }) => syscall)).toEqual([
    ...['kill', 'tkill', 'pidfd_send_signal', 'unshare', 'ptrace'],
  ]);
});

test('what is reached from elsewhere is told apart, and what the kernel refused with a signal has its name', () => {
  const { network, privileged } = traced(recorded().get('evade') ?? Buffer.alloc(0));
  const listeners = network.filter(({ listens }) => listens).map(({ protocol, port }) => [protocol, port]);
  expect(listeners).toEqual([
    ['tcp', 8080],
    ['tcp', null],
    ['udp', 8081],
    ['tcp', 8081],
    ['udp', 5514],
  ]);
  expect(privileged.map(({ syscall }) => syscall)).toEqual(['clone', 'syscall']);
});
