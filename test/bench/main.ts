import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rehearsing } from '../sandbox/rehearsing.ts';
import { applyCost } from './apply.ts';
import { classifyCost } from './classify.ts';
import { at, median, say, timesOf } from './figures.ts';
import { sayFleetCost } from './fleet/fleet.ts';
import { traceCost } from './tracing.ts';

const QUICK = process.argv.includes('--quick');
const ROUNDS = QUICK ? 3 : 20;
const LARGE = QUICK ? 2_000 : 100_000;

const place = await realpath(await mkdtemp(join(tmpdir(), 'drylane-bench-')));
try {
  const [small, large] = [await workspaceOf(10), await workspaceOf(LARGE)];
  const state = join(place, 'state');
  const times = await interleaved({
    'docker run --rm --network none': () => {
      spawnSync('docker', ['run', '--rm', '--network', 'none', 'drylane/sandbox', 'true']);
    },
    'rehearsal, 10 files': () => rehearse(small, state),
    [`rehearsal, ${LARGE} files`]: () => rehearse(large, state),
  });
  const [docker = 1, ten = 1, many = 1] = [...times.values()].map(median);
  for (const [name, runs] of times) say(name, timesOf(runs));
  say(`a cold rehearsal takes ${(ten / docker).toFixed(2)} of docker run`);
  for (const { name, traced, plain } of await traceCost(QUICK ? 2 : 10, QUICK ? 4 : 30, {
    site: small,
    state,
  })) {
    const ratio = median(traced) / median(plain);
    say(
      name,
      `n ${plain.length}  traced ${median(traced).toFixed(0)} ms  untraced ${median(plain).toFixed(0)} ms`,
    );
    say(`tracing takes ${ratio.toFixed(2)} of untraced on ${name} work`);
  }
  const files = QUICK ? 1_000 : 10_000;
  const { apply, rsync } = await applyCost(QUICK ? 2 : 5, files, place);
  say(`apply, ${files} files`, timesOf(apply));
  if (rsync === undefined) say('rsync is missing, so apply is compared with nothing: apt-get install rsync');
  else {
    say(`rsync -a, ${files} files`, timesOf(rsync));
    say(`apply takes ${(median(apply) / median(rsync)).toFixed(2)} of rsync`);
  }
  say(`${LARGE} files take ${(many / ten).toFixed(2)} of 10 files`);
  sayClassifyCost();
  await sayFleetCost(QUICK);
} finally {
  await rm(place, { recursive: true, force: true });
}

function sayClassifyCost(): void {
  const { commands, classified, parsed, times } = classifyCost(QUICK ? 1 : 10);
  const [half, most, nearly] = [0.5, 0.95, 0.99].map((share) => at(times, share).toFixed(2));
  const shares = `median ${half} ms  p95 ${most} ms  p99 ${nearly} ms`;
  say(`classify, ${commands} commands`, `n ${times.length}  ${shares}  ${classified.toFixed(0)} a second`);
  say(`classify takes ${(parsed / classified).toFixed(1)} of parsing the same commands`);
}

async function rehearse(site: string, state: string): Promise<void> {
  const { evidence } = await rehearsing('true', { site, state, way: 'slot' });
  if (!evidence.complete) throw new Error('a rehearsal in the bench was not complete');
}

async function workspaceOf(files: number): Promise<string> {
  const site = join(place, `site-${files}`);
  for (let i = 0; i < files; i++) {
    const folder = join(site, `d${Math.floor(i / 100)}`);
    if (i % 100 === 0) await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `f${i}`), `${i}\n`);
  }
  return site;
}

/** Runs the competitors turn by turn, so that a slow minute slows all of them. */
async function interleaved(competitors: Record<string, () => unknown>): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(Object.keys(competitors).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, run] of Object.entries(competitors)) {
      const startedAt = performance.now();
      await run();
      // The first round warms caches.
      if (round > 0) times.get(name)?.push(performance.now() - startedAt);
    }
  return times;
}
