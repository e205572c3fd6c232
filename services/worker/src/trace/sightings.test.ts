import { expect, test } from 'vitest';
import { exec, inet, query, quoted, SHELL, tracedShell, watchFor } from './trace.fixture.ts';

const fork = (pid: number): string => `clone(child_stack=NULL, flags=SIGCHLD) = ${pid}`;

const CANARY = 'ghp_canary';
const sightings = (...lines: readonly string[]): string[] =>
  tracedShell(lines, watchFor({ TOKEN: CANARY })).sightings.map(
    ({ credential, where }) => `${credential} ${where}`,
  );

test('a canary is seen in arguments, environment, payloads and names', () => {
  expect(sightings(exec('/bin/a', ['a', `-H${CANARY}`]))).toEqual(['TOKEN argv']);
  expect(sightings(exec('/bin/a', ['a'], [`OTHER=${CANARY}`, 'A=b']))).toEqual(['TOKEN environment']);
  expect(sightings(`sendto(3<UDP:[1]>, ${quoted(CANARY)}, 9, 0, ${inet('192.0.2.1', 9)}) = 9`)).toEqual([
    'TOKEN network',
  ]);
  for (const name of [query(CANARY, 'test'), query('ghp_', 'canary', 'test')])
    expect(sightings(`sendto(3<UDP:[1]>, ${quoted(name)}, 9, 0, ${inet('127.0.0.1', 53)}) = 9`)).toEqual([
      'TOKEN network',
    ]);
});

test('a canary under its own name, in a failed start, or sent inside the container is not a sighting', () => {
  expect(sightings(exec('/bin/a', ['a'], [`TOKEN=${CANARY}`]))).toEqual([]);
  expect(
    sightings(exec('/bin/a', [CANARY]).replace('= 0', '= -1 ENOENT (No such file or directory)')),
  ).toEqual([]);
  expect(sightings(`sendto(3<UNIX-STREAM:[1->2]>, ${quoted(CANARY)}, 9, 0, NULL, 0) = 9`)).toEqual([]);
});

test('a canary is told once for a process and a place', () => {
  const start = exec('/bin/a', [CANARY, CANARY]);
  expect(
    tracedShell([start, start, fork(20), [20, start]], watchFor({ TOKEN: CANARY })).sightings,
  ).toMatchObject([...[{ pid: SHELL }, { pid: 20 }]]);
});

test('a canary that does not fit any more makes the trace incomplete', () => {
  const told = (count: number): readonly string[] => {
    const names = Array.from({ length: count }, (_, index) => `TOKEN_${index}`);
    const watch = watchFor(Object.fromEntries(names.map((name) => [name, CANARY])));
    return tracedShell([exec('/bin/a', [CANARY]), exec('/bin/a', [CANARY])], watch).gaps;
  };
  expect(told(1000)).toEqual([]);
  expect(told(1001)).toEqual(['made-up credentials were seen more often than is kept']);
});
