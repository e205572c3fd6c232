import { expect, test } from 'vitest';
import { BEGIN, END, exec, inet, KEEPER, SHELL, said, type traced, tracedShell } from './trace.fixture.ts';
import { openTrace } from './trace.ts';
import { reached } from './traced.ts';

const fork = (pid: number): string => `clone(child_stack=NULL, flags=SIGCHLD) = ${pid}`;
const connect = (port: number): string =>
  `connect(3<TCP:[1]>, ${inet('192.0.2.1', port)}) = -1 ENETUNREACH (Network is unreachable)`;

function stepped(parts: readonly (readonly (readonly [number, string])[])[]): ReturnType<typeof traced> {
  const trace = openTrace({ in: () => [] }, { shellEnded: () => undefined });
  trace.push(said(BEGIN));
  parts.forEach((lines, step) => {
    trace.push(said(lines));
    if (step < parts.length - 1) trace.boundary(step);
  });
  trace.push(said(END));
  return trace.end();
}

test('the end of the shell is told at once, with its time since the shell began', () => {
  const ends: unknown[] = [];
  const trace = openTrace({ in: () => [] }, { shellEnded: (end) => ends.push(end) });
  trace.push(said([...BEGIN, [SHELL, '+++ killed by SIGTERM (core dumped) +++']]));
  expect(ends).toMatchObject([{ status: 143, signal: 'SIGTERM', atMs: 1 }]);
  expect(trace.end().shell).toMatchObject({ status: 143, signal: 'SIGTERM' });
});

test('what the shell and its children do belongs to the step it ends with, theirs to where they began', () => {
  const { processes, network } = stepped([
    [
      [SHELL, fork(20)],
      [20, fork(21)],
      [SHELL, connect(1)],
    ],
    [
      [20, fork(22)],
      [21, connect(2)],
      [SHELL, fork(23)],
      [SHELL, connect(3)],
    ],
    [
      [SHELL, fork(24)],
      [23, connect(4)],
      [22, connect(5)],
    ],
  ]);
  expect(processes.map(({ pid, step }) => [pid, step])).toEqual([
    [SHELL, null],
    ...[
      [20, 0],
      [21, 0],
      [22, 0],
      [23, 1],
      [24, 1],
    ],
  ]);
  expect(network.map(({ port, step }) => [port, step])).toEqual([
    [1, 0],
    [2, 0],
    [3, 1],
    [4, 1],
    [5, 0],
  ]);
});

test('lines of a child that come before its maker returns wait until it is known whose they are', () => {
  const half = 'clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>';
  const { processes, network, gaps } = tracedShell([
    fork(20),
    half,
    [20, half],
    [31, exec('/bin/one')],
    [30, exec('/bin/two')],
    [31, connect(1)],
    [20, '<... clone resumed>) = 31'],
    '<... clone resumed>) = 30',
    [31, '+++ exited with 1 +++'],
  ]);
  expect(gaps).toEqual([]);
  expect(processes.map(({ pid, parent, program }) => [pid, parent, program])).toEqual([
    ...[
      [SHELL, KEEPER, 'shell'],
      [20, SHELL, 'shell'],
      [31, 20, 'one'],
      [30, SHELL, 'two'],
    ],
  ]);
  expect(network).toMatchObject([{ pid: 31, program: 'one' }]);
});

test('a process of which nobody knows who made it makes the trace incomplete', () => {
  expect(tracedShell([[77, connect(1)]]).gaps).toEqual(['the trace does not tell who made a process']);
});

test('a number used twice is two processes', () => {
  const { processes, lineage, gaps } = tracedShell([
    ...[fork(20), [20, exec('/bin/one')] as const, [20, '+++ exited with 1 +++'] as const],
    ...[fork(20), [20, exec('/bin/two')] as const, [20, '+++ exited with 2 +++'] as const],
  ]);
  expect(processes.map(({ pid, program, exitCode }) => [pid, program, exitCode])).toEqual([
    ...[
      [SHELL, 'shell', 0],
      [20, 'one', 1],
      [20, 'two', 2],
    ],
  ]);
  expect(lineage.parents).toHaveLength(4);
  expect(gaps).toEqual([]);
});

test('a start that failed is none, and an unreadable one makes the trace incomplete', () => {
  const failed = exec('/bin/no').replace('= 0', '= -1 ENOENT (No such file or directory)');
  expect(tracedShell([fork(20), [20, failed]]).processes[1]?.program).toBe('shell');
  for (const start of [
    'execve(0x1, 0x2, 0x3) = 0',
    'execve("\\x61", [0x1], []) = 0',
    'execve("\\x61", ["a"], []) = 0',
  ])
    expect(tracedShell([fork(20), [20, start]]).gaps).toEqual([
      'the arguments of a started program could not be read',
    ]);
});

test('a program started by descriptor has the name of its file', () => {
  const { processes } = tracedShell([
    fork(20),
    [20, 'execveat(3<\\x2f\\x62\\x69\\x6e\\x2f\\x6c\\x73>, "", ["\\x78"], [], AT_EMPTY_PATH) = 0'],
  ]);
  expect(processes[1]).toMatchObject({ program: 'ls', argv: ['x'] });
});

test('arguments are kept to four KiB, and never a part of one', () => {
  const { processes } = tracedShell([[SHELL, exec('/bin/a', ['a', 'b'.repeat(4000), 'c'.repeat(200), 'd'])]]);
  expect(processes[0]?.argv).toEqual(['a', 'b'.repeat(4000), '…']);
});

test('what a process reached is what it and its descendants tried, also where others tried the same', () => {
  const told = tracedShell([
    ...[fork(20), [20, connect(1)] as const, [20, fork(21)] as const, [21, connect(2)] as const],
    ...[fork(22), [22, connect(2)] as const],
  ]);
  const ports = (pid: number): (number | null)[] =>
    reached(told, told.processes.find((process) => process.pid === pid)?.id ?? -1).map(({ port }) => port);
  expect([SHELL, 20, 21, 22].map(ports)).toEqual([[1, 2], [1, 2], [2], [2]]);
});

test('strings that the tracer cut are counted', () => {
  expect(tracedShell(['execve("\\x61", ["\\x62"...], []) = 0']).cut).toBe(1);
});

test('a process whose maker returned second keeps the order of its lines', () => {
  const half = 'vfork( <unfinished ...>';
  const { processes, gaps } = tracedShell([
    ...[fork(20), half, [20, half] as const],
    ...[[30, exec('/bin/one').replace(' = 0', '')] as const].map(
      ([pid, call]) => [pid, `${call.slice(0, -1)} <unfinished ...>`] as const,
    ),
    [31, exec('/bin/two')],
    [20, '<... vfork resumed>) = 31'],
    [30, '<... execve resumed>) = 0'],
    '<... vfork resumed>) = 30',
  ]);
  expect(gaps).toEqual([]);
  expect(processes.map(({ pid, parent, program }) => [pid, parent, program])).toEqual([
    ...[
      [SHELL, KEEPER, 'shell'],
      [20, SHELL, 'shell'],
      [31, 20, 'two'],
      [30, SHELL, 'one'],
    ],
  ]);
});

test('a process that was killed together with its maker belongs to it, one that did something needs a known maker', () => {
  const dying = (pid: number): readonly (readonly [number, string])[] => [
    ...([
      [SHELL, fork(pid)],
      [pid, 'vfork( <unfinished ...>'],
    ] as const),
  ];
  const died = [
    [20, '<... vfork resumed>) = ?'],
    [21, '+++ killed by SIGKILL +++'],
  ] as const;
  const end = [
    [30, '???( <unfinished ...>'],
    [30, '+++ killed by SIGKILL +++'],
  ] as const;
  const killed = tracedShell([...dying(20), ...dying(21), ...died, ...end]);
  expect(killed.gaps).toEqual([]);
  expect(killed.processes.at(-1)).toMatchObject({ pid: 30, parent: 20, signal: 'SIGKILL' });
  const active = tracedShell([
    ...dying(20),
    ...dying(21),
    ...died,
    [30, connect(1)],
    [30, '+++ killed by SIGKILL +++'],
  ]);
  expect(active.gaps).toEqual(['the trace does not tell who made a process']);
});

test('a call that the tracer could not name is a gap if it was made', () => {
  expect(tracedShell(['???() = ?']).gaps).toEqual([]);
  expect(tracedShell(['???() = 0']).gaps).toEqual(['a line of the trace could not be read']);
});
