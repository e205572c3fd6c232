import { expect } from 'vitest';
import { processesWith } from './host.ts';
import { family } from './pair.ts';

/** A time to sleep that nobody else on this machine sleeps, so that a process of ours is known by it. */
const FOREVER = '31536217';

const GIGABYTES = Number(process.env.DRYLANE_OUTPUT_GB ?? 1);

const FORK_UNTIL_REFUSED = `python3 -c '
import os, time
while True:
    try: os.fork()
    except OSError: break
time.sleep(0.5)'; true`;

const DAEMON = `python3 -c '
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        for fd in range(3): os.close(fd)
        os.execvp("sleep", ["sleep", "${FOREVER}"])
    os._exit(0)'; sleep 0.1`;

const processesAreGone = async () => expect(await processesWith(FOREVER)).toEqual([]);

family('limits', (hostile) => {
  const bomb = { limits: { pids: 64, memory: '256Mi', disk: '64Mi', timeout: '8s' } };
  const forks = 'for i in 1 2 3 4; do sleep 0.1 & done; wait';
  hostile(
    'fork bomb',
    {
      under: bomb,
      control: forks,
      attack: FORK_UNTIL_REFUSED,
      finds: ['resource-limit'],
      denied: ({ evidence }) => expect(evidence.pids_exhausted).toBe(true),
    },
    'that gives up',
  );
  hostile(
    'fork bomb',
    {
      under: bomb,
      control: forks,
      attack: ':() { : | : & }; :; sleep 60',
      finds: ['resource-limit'],
      denied: ({ evidence }) => expect(evidence.pids_exhausted).toBe(true),
    },
    'that does not give up',
  );

  hostile('memory bomb', {
    under: { limits: { memory: '64Mi', disk: '16Mi' } },
    control: 'python3 -c "x = b\'x\' * (16 << 20)"',
    attack: 'python3 -c "x = b\'x\' * (400 << 20)"; true',
    finds: ['resource-limit'],
    denied: ({ evidence }) => expect(evidence.oom_killed).toBe(true),
  });

  const disk = { writes: ['**'], limits: { disk: '8Mi' } };
  const fill = (directory: string) =>
    `for i in $(seq 40); do head -c 1M /dev/zero > ${directory}/f$i; done; true`;
  const diskFull = {
    finds: ['resource-limit'],
    denied: ({ evidence }: { evidence: { disk_full: boolean } }) => expect(evidence.disk_full).toBe(true),
  };
  hostile('disk bomb in the workspace', {
    under: disk,
    control: 'head -c 1M /dev/zero > src/f',
    attack: fill('src'),
    ...diskFull,
  });
  hostile('disk bomb in /tmp', {
    under: disk,
    control: 'head -c 1M /dev/zero > /tmp/f',
    attack: fill('/tmp'),
    ...diskFull,
  });
  hostile('disk bomb in the root file system', {
    under: { ...disk, writes: ['**', '/home/drylane/'] },
    control: 'head -c 1M /dev/zero > /home/drylane/f',
    attack: `${fill('/home/drylane')}; sleep 0.5`,
    ...diskFull,
  });

  hostile('10 GB of output', {
    under: { limits: { output: '64Ki', timeout: '15m' } },
    control: 'yes | head -c 10000',
    attack: `yes | head -c ${GIGABYTES}000000000; echo; echo the end; exit 1`,
    denied: ({ evidence: { stdout } }) => {
      expect(stdout.bytes).toBe(GIGABYTES * 1e9 + '\nthe end\n'.length);
      expect(stdout.truncated).toBe(true);
      expect(stdout.text.length).toBeLessThan(66_000);
      expect(stdout.text.endsWith('the end\n')).toBe(true);
    },
  });
  hostile('output without newlines', {
    under: { limits: { output: '64Ki' } },
    control: 'head -c 10000 /dev/zero | tr "\\0" x',
    attack: 'head -c 100000000 /dev/zero | tr "\\0" x; exit 1',
    denied: ({ evidence: { stdout } }) => {
      expect(stdout.bytes).toBe(100_000_000);
      expect(stdout.truncated).toBe(true);
      expect(stdout.text.length).toBeLessThan(66_000);
    },
  });

  const time = { limits: { timeout: '2s' } };
  const timedOut = {
    finds: ['resource-limit'],
    denied: async ({ evidence }: { evidence: { timed_out: boolean } }) => {
      expect(evidence.timed_out).toBe(true);
      await processesAreGone();
    },
  };
  hostile('a command that never ends', {
    under: time,
    control: 'sleep 0.1',
    attack: `sleep ${FOREVER} & while :; do :; done`,
    ...timedOut,
  });
  hostile('a command that ignores TERM', {
    under: time,
    control: 'trap "" TERM; kill -TERM $$; true',
    attack: `trap "" TERM INT HUP QUIT; while :; do sleep ${FOREVER}; done`,
    ...timedOut,
  });

  const leftRunning = {
    finds: ['leftover-process'],
    denied: async ({ evidence }: { evidence: { leftovers: { argv: string[] }[] } }) => {
      expect(evidence.leftovers.map(({ argv }) => argv)).toEqual([['sleep', FOREVER]]);
      await processesAreGone();
    },
  };
  hostile('a command that double-forks', {
    control: '( ( sleep 0.1 & wait ) & wait )',
    attack: `( ( sleep ${FOREVER} & ) & ); true`,
    ...leftRunning,
  });
  hostile('a command that daemonises', {
    control: 'setsid --wait sleep 0.1',
    attack: DAEMON,
    ...leftRunning,
  });
});
