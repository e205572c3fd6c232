import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BEGIN, END, exec, inet, recorded, SHELL, said, traced, tracedShell } from './trace.fixture.ts';

const plain = recorded().get('sockets') ?? Buffer.alloc(0);
const lines = plain.toString('latin1').split('\n').slice(0, -1);

test('a line that the tracer would not write never throws and makes the trace incomplete', () => {
  const garbage = fc.oneof(
    fc.string().filter((text) => !text.includes('\n')),
    fc.constantFrom(
      ...[
        '',
        '11',
        '11 1.000000',
        '11    1000.000000 ',
        '11 1000.000000 kill(1, 9',
        '11 1000.000000 <... x resumed>) = 0',
      ],
      ...[
        '11 1000.000000 +++ exited with -1 +++',
        '11 1000.000000 <detached ...>',
        '11 1000.000000 kill[1, 9) = 0',
      ],
      ...[
        '11 1000.000000 connect(x, {',
        `11 1000.000000 a(${'['.repeat(5000)}`,
        '11 1000.000000 kill(1, 9) == 0',
      ],
      ...[
        '11 1000.000000 +++ superseded by execve in pid 99 +++',
        '11 1000.000000 connect() = 0',
        '11 1000.000000 kill() = 0',
      ],
    ),
  );
  fc.assert(
    fc.property(garbage, fc.nat(lines.length - 1), (text, at) => {
      const hostile = [...lines.slice(0, at), text, ...lines.slice(at)].join('\n');
      expect(traced(Buffer.from(`${hostile}\n`)).complete).toBe(false);
    }),
  );
});

test('whatever bytes of a trace are changed, an answer comes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(plain.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
      (changes) => {
        const bytes = Buffer.from(plain);
        for (const [at, byte] of changes) bytes[at] = byte;
        expect(traced(bytes).network.length).toBeLessThanOrEqual(1000);
      },
    ),
  );
});

test('a missing line of a call that was interrupted makes the trace incomplete', () => {
  const whole = (recorded().get('threads') ?? Buffer.alloc(0)).toString('latin1').split('\n');
  const resumed = whole.findIndex((line) => line.includes('<... execve resumed>'));
  const begun = whole.findIndex((line) => line.includes('execve(') && line.endsWith('<unfinished ...>'));
  const without = (index: number): readonly string[] =>
    traced(Buffer.from(whole.filter((_, at) => at !== index).join('\n'))).gaps;
  expect(Math.min(resumed, begun)).toBeGreaterThan(0);
  expect(without(begun)).toContain('a line of the trace could not be read');
  expect(without(resumed)).toContain('a line of the trace could not be read');
});

test('any bytes in arguments stay arguments', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[\x01-\x7f]{0,40}$/), { maxLength: 5 }), (words) => {
      const { processes, privileged, network, complete } = tracedShell([
        exec('/bin/echo', ['echo', ...words]),
      ]);
      expect(processes.map(({ argv }) => argv)).toEqual([
        ['echo', ...words.map((word) => word.replaceAll('\\', '\\\\'))],
      ]);
      expect({ privileged, network, complete }).toEqual({ privileged: [], network: [], complete: true });
    }),
  );
});

test('twenty thousand programs leave a record of two thousand', () => {
  const words = exec('/bin/true', ['true', 'x'.repeat(200)]);
  const storm = Array.from({ length: 20_000 }, (_, index) => {
    const pid = 100 + (index % 30_000);
    return [
      [SHELL, `clone(child_stack=NULL, flags=SIGCHLD) = ${pid}`],
      ...[
        [pid, words],
        [pid, '+++ exited with 0 +++'],
      ],
    ] as const;
  }).flat() as (readonly [number, string])[];
  const told = traced(said([...BEGIN, ...storm, ...END]));
  expect(told.processes).toHaveLength(2000);
  expect(told.processesLeftOut).toBe(18_001);
  expect(told.complete).toBe(true);
});

test('a trace that goes on about one unknown process is given up, not stored', () => {
  const endless = Array.from(
    { length: 10_001 },
    () => [99, `connect(3, ${inet('192.0.2.1', 1)}) = 0`] as const,
  );
  expect(tracedShell(endless).gaps).toContain('there were more processes than are followed');
});

test('no bytes at all are no complete trace', () => {
  expect(traced(Buffer.alloc(0))).toMatchObject({ complete: false, shell: null, processes: [] });
});

test('bytes after the last newline make the trace incomplete', () => {
  expect(traced(Buffer.concat([said([...BEGIN, ...END]), Buffer.from('11')])).gaps).toEqual([
    'the trace ended in the middle of a line',
  ]);
});
