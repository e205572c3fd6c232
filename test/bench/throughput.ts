import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectEngine, type Engine } from '@drylane/worker/sandbox/engine';
import { type Row, rowOf } from './rows.ts';
import { openStaged } from './staged.ts';

/** At once, on two cores: more does not go faster. */
const AT_ONCE = 4;

/** Milliseconds a rehearsal, one after another without a rest, beside the bare lives of containers in the same way. */
export async function throughputRows(place: string, rounds: number, count: number): Promise<readonly Row[]> {
  const site = join(place, 'throughput');
  await mkdir(site);
  const engine = await connectEngine();
  await using staged = openStaged(engine, join(place, 'sustained'), 0);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const rehearsals = await each(count, () => staged.rehearse('true', site));
    await staged.rested(0);
    const lives = await each(count, () => live(engine));
    if (round === 0) continue;
    ours.push(rehearsals);
    bare.push(lives);
  }
  return [
    rowOf(`a rehearsal, ${AT_ONCE} at once`, ours, {
      name: 'a container made, started, removed',
      times: bare,
    }),
  ];
}

/** Milliseconds for one of so many. */
async function each(count: number, work: () => Promise<unknown>): Promise<number> {
  const left = Array(count).keys();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const _ of left) await work();
    }),
  );
  return (performance.now() - startedAt) / count;
}

async function live(engine: Engine): Promise<void> {
  const container = await engine.createContainer({
    ...{ Image: 'drylane/sandbox', Cmd: ['true'], HostConfig: { NetworkMode: 'none' } },
  });
  await container.start();
  await container.remove({ force: true });
}
