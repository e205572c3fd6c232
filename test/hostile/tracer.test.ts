import type { Rehearsal } from '@drylane/proto/rehearsal';
import { expect } from 'vitest';
import { SECRET } from './ground.ts';
import { family } from './pair.ts';

const PTRACE_ATTACH = 16;
const PTRACE_SEIZE = 0x4206;

/** Shell text that asks ptrace(2) for another process, which must refuse. */
const ptrace = (request: number, pid: string): string =>
  `python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(${request}, int(sys.argv[1]), None, None) + 1)' ${pid}; true`;

// Lines that strace or a step's end would write, into every file that any other process has open.
const SCRIBBLE = `python3 -c '
import glob, os
for path in glob.glob("/proc/[0-9]*/fd/*") + glob.glob("/proc/[0-9]*/task/*/fd/*"):
    if path.startswith("/proc/%d/" % os.getpid()): continue
    try: os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), b"2 1.000000 +++ exited with 0 +++\\ne 0\\n")
    except OSError: pass'`;

function withholds({ evidence }: Rehearsal): void {
  expect(evidence.exit_code).not.toBe(0);
  expect(JSON.stringify(evidence)).not.toContain(SECRET);
}

family('tracer', (hostile) => {
  const stoppedTracer = { finds: ['privileged-attempt', 'evidence-incomplete'] };
  const control = 'sleep 5 & kill -9 $!; wait; true';
  for (const signal of ['KILL', 'TERM', 'STOP', 'SEGV'])
    hostile('killing the tracer', { control, attack: `kill -${signal} 1; true`, ...stoppedTracer }, signal);
  hostile(
    'killing the tracer',
    { control, attack: 'kill -9 -1; true', finds: ['evidence-incomplete'] },
    'and everything else',
  );
  for (const signal of ['KILL', 'TERM', 'STOP'])
    hostile(
      'killing the runner',
      { control, attack: `kill -${signal} $PPID; sleep 0.2; true`, ...stoppedTracer },
      signal,
    );
  hostile(
    'killing the runner',
    {
      control,
      attack: 'cd /proc; for p in [0-9]*; do [ $p = $$ ] || kill -9 $p; done 2>/dev/null; sleep 0.2; true',
      ...stoppedTracer,
    },
    'whichever process it is',
  );

  const traced = { control: 'cat /proc/self/status > /dev/null', finds: ['privileged-attempt'] };
  hostile('ptracing the tracer', { ...traced, attack: ptrace(PTRACE_ATTACH, '1') }, 'attach');
  hostile('ptracing the tracer', { ...traced, attack: ptrace(PTRACE_SEIZE, '1') }, 'seize');
  hostile('ptracing the runner', { ...traced, attack: ptrace(PTRACE_ATTACH, '$PPID') }, 'attach');
  hostile('ptracing the runner', { ...traced, attack: ptrace(PTRACE_SEIZE, '$PPID') }, 'seize');

  const forged = { control: 'echo "e 0" > src/notes', finds: ['evidence-incomplete'] };
  const events = '/.drylane/control/events';
  const markers = {
    'a second end': `echo "e 0" > ${events}; sleep 0.3; echo x > a`,
    'a step that is not its turn': `echo "s 1 0 -hBc 0" > ${events}; sleep 0.3; true`,
    'a refusal': `echo "f uncovered" > ${events}; sleep 0.3; true`,
    noise: `head -c 300000 /dev/urandom > ${events}; true`,
    'a flood': `yes "s 0 0 -hBc" | head -n 200000 > ${events}; true`,
  };
  for (const [variant, attack] of Object.entries(markers))
    hostile('writing fake step markers', { ...forged, attack }, variant);

  hostile('writing to the files of other processes', {
    control: 'echo fine > /dev/fd/1',
    attack: `${SCRIBBLE}; curl -s --max-time 2 http://evil.example/; echo x > a`,
    finds: ['surprise-path', 'undeclared-network'],
  });

  hostile('reading /proc/1/environ for secrets', {
    under: { env: { GREETING: 'hello' } },
    control: '[ "$GREETING" = hello ] && cat /proc/self/environ > /dev/null',
    attack: 'cat /proc/[0-9]*/environ; env; cat /proc/1/environ',
    denied: withholds,
  });
  hostile('reading /proc/1/mem', {
    control: 'head -c 1 /proc/self/maps',
    attack: 'cat /proc/1/maps && dd if=/proc/1/mem bs=1 count=1 skip=$((0x$(head -c 8 /proc/1/maps)))',
    denied: withholds,
  });
  hostile('reading /proc/1/fd', {
    control: 'ls /proc/self/fd',
    attack: 'ls /proc/1/fd/ && cat /proc/1/fd/*',
    denied: withholds,
  });
});
