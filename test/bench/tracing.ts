import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rehearsing } from '../sandbox/rehearsing.ts';

/** One workload, timed inside the container, traced and not. */
interface TracingRow {
  readonly name: string;
  readonly traced: readonly number[];
  readonly plain: readonly number[];
}

/** Compiles many small sources, each by a compiler and a shell of its own, two at a time, as builds do. */
const BUILD = (targets: number) =>
  `cd /tmp && mkdir b && cd b && for i in $(seq ${targets}); do cp /usr/lib/python3*/argparse.py s$i.py; done
   printf 'all: %s\n%%.pyc: %%.py\n\tpython3 -m py_compile $< && mv __pycache__/$*.*.pyc $@\n' "$(seq -s' ' -f 's%g.pyc' ${targets})" >Makefile
   ${timed('make -s -j2')}; rm -rf /tmp/b`;

/** Touches many files from few processes. */
const FILES = (files: number) =>
  `cd /tmp && mkdir -p f/a && for i in $(seq ${files}); do echo "$i" >f/a/$i; done
   ${timed('cp -r f/a f/b && tar -cf f/t f/b && grep -rl 77 f/b | wc -l >f/n && rm -rf f/b')}; rm -rf /tmp/f`;

function timed(work: string): string {
  return `s=$(date +%s%N); ${work}; e=$(date +%s%N); echo "took $(((e - s) / 1000))"`;
}

/** Runs each workload turn by turn, in a rehearsal and in a plain container with the same image. */
export async function traceCost(rounds: number, size: number, directory: string) {
  const place = { site: join(directory, 'traced'), state: join(directory, 'tracing') };
  await mkdir(place.site);
  const workloads = { 'build-like': BUILD(size), 'file-heavy': FILES(size * 100) };
  const rows: TracingRow[] = [];
  for (const [name, command] of Object.entries(workloads)) {
    const [traced, plain]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      plain.push(inPlainContainer(command));
      traced.push(await inRehearsal(command, place));
    }
    rows.push({ name, traced, plain });
  }
  return rows;
}

function inPlainContainer(command: string): number {
  const options = ['--rm', '--network', 'none', '--cpus', '1', '--tmpfs', '/tmp:exec'];
  const run = spawnSync('docker', ['run', ...options, 'drylane/sandbox', 'bash', '-c', command], {
    encoding: 'utf8',
  });
  return tookMs(run.stdout);
}

async function inRehearsal(
  command: string,
  { site, state }: { site: string; state: string },
): Promise<number> {
  const { evidence } = await rehearsing(command, { site, state, way: 'slot' });
  if (!evidence.complete) throw new Error('a rehearsal in the bench was not complete');
  return tookMs(evidence.stdout.text);
}

function tookMs(output: string): number {
  const micros = /took (\d+)/.exec(output)?.[1];
  if (micros === undefined) throw new Error('a workload of the bench did not end');
  return Number(micros) / 1000;
}
