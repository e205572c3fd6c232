import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectEngine, type Engine } from '@drylane/worker/sandbox/engine';
import { type Row, rowOf } from './rows.ts';
import { openStaged } from './staged.ts';

/** How much is measured. */
interface Size {
  /** The first round only warms caches. */
  readonly rounds: number;
  /** Files of the large workspace. */
  readonly files: number;
  /** Rounds of the old way with the large workspace, which takes seconds. */
  readonly old: number;
}

/** Rehearsals of `true`, warm and cold, in small and large workspaces, beside what else runs a command apart. */
export async function rehearsalRows(place: string, size: Size): Promise<readonly Row[]> {
  const [small, large] = [await workspaceOf(place, 10), await workspaceOf(place, size.files)];
  const engine = await connectEngine();
  await using cold = openStaged(engine, join(place, 'cold'), 0);
  await using warm = openStaged(engine, join(place, 'warm'), 1);
  await using wide = openStaged(engine, join(place, 'wide'), 1);
  for (const [staged, site] of [[warm, small] as const, [wide, large] as const])
    await staged.rehearse('true', site);
  const rested = async (): Promise<void> => {
    for (const staged of [cold, warm, wide]) await staged.rested(staged === cold ? 0 : 1);
  };
  const tool = process.env.BENCH_TRY;
  const times = await interleaved(size.rounds, rested, {
    'docker run --rm --network none': () => timed(() => run('docker', RUN)),
    'a container’s life over the API': () => timed(() => lifeOf(engine)),
    warm: () => warm.rehearse('true', small),
    wide: () => wide.rehearse('true', large),
    cold: () => cold.rehearse('true', small),
    ...(tool === undefined ? {} : { 'binpash/try': () => timed(() => run(tool, ['-n', 'true'], small)) }),
  });
  const timesOf = (name: string) => ({ name, times: times.get(name) ?? [] });
  const docker = timesOf('docker run --rm --network none');
  const others = [...times.keys()].filter((name) => !['warm', 'wide', 'cold'].includes(name));
  const warmTimes = timesOf('warm').times;
  return [
    ...others.map((name) => rowOf(name, timesOf(name).times)),
    rowOf('warm rehearsal of true', warmTimes, docker, warm.stages),
    ...(tool === undefined ? [] : [rowOf('warm rehearsal of true', warmTimes, timesOf('binpash/try'))]),
    rowOf('cold rehearsal of true', timesOf('cold').times, docker, cold.stages),
    rowOf(`warm, ${size.files} files`, timesOf('wide').times, { name: 'warm, 10 files', times: warmTimes }),
    ...(await oldWay(place, large, size.old, timesOf('wide').times)),
  ];
}

const RUN = ['run', '--rm', '--network', 'none', 'drylane/sandbox', 'true'] as const;

async function lifeOf(engine: Engine): Promise<void> {
  const container = await engine.createContainer({
    ...{ Image: 'drylane/sandbox', Cmd: ['true'], HostConfig: { NetworkMode: 'none' } },
  });
  await container.start();
  await container.wait();
  await container.remove({ force: true });
}

/** A copy of the whole workspace by rsync, and bubblewrap over that; no row where one of both is not there. */
async function oldWay(
  place: string,
  site: string,
  rounds: number,
  ours: readonly number[],
): Promise<readonly Row[]> {
  const isThere = ['rsync', 'bwrap'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  if (!isThere || rounds === 0) return [];
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const copy = join(place, 'copy');
    await rm(copy, { recursive: true, force: true });
    const took = await timed(() => {
      run('rsync', ['-a', `${site}/`, `${copy}/`]);
      const bound = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--bind', copy, site];
      run('bwrap', [...bound, '--unshare-net', '--chdir', site, 'bash', '-c', 'true']);
    });
    times.push(took);
  }
  return [rowOf('a copy by rsync, and bwrap', times, { name: 'the same, warm', times: ours })];
}

function run(program: string, args: readonly string[], cwd?: string): void {
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} in the bench did not end well: ${stderr}`);
}

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Runs the competitors turn by turn, so that a slow minute slows all of them; each begins when all is at rest. */
async function interleaved(
  rounds: number,
  rested: () => Promise<void>,
  competitors: Readonly<Record<string, () => Promise<number>>>,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(Object.keys(competitors).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, compete] of Object.entries(competitors)) {
      await rested();
      const took = await compete();
      // The first round warms caches.
      if (round > 0) times.get(name)?.push(took);
    }
  return times;
}

/** Makes a workspace with so many files, a hundred in each directory. */
async function workspaceOf(place: string, files: number): Promise<string> {
  const site = join(place, `site-${files}`);
  const folder = join(place, 'folder');
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < Math.min(files, 100); i++) await writeFile(join(folder, `f${i}`), `${i}\n`);
  for (let i = 0; i * 100 < files; i++) await cp(folder, join(site, `d${i}`), { recursive: true });
  return site;
}
