import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { cp, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runId } from '@drylane/proto/ids';
import { apply } from '@drylane/worker/promote/apply';
import { changeSetBetween } from '@drylane/worker/promote/apply.fixture';

/** Times in milliseconds of one change set, applied by drylane and copied by rsync; rsync may be missing. */
interface ApplyCost {
  readonly apply: readonly number[];
  readonly rsync: readonly number[] | undefined;
}

/** Applies `files` changed files, half of them new and half modified, and has rsync copy the same ones, turn by turn. */
export async function applyCost(rounds: number, files: number, place: string): Promise<ApplyCost> {
  const set = join(place, `apply-${files}`);
  const [base, after, changed] = [join(set, 'base'), join(set, 'after'), join(set, 'changed')];
  for (let i = 0; i < files; i++) await writeChange(i, { base, after, changed });
  const made = await changeSetBetween(base, after);
  await writeFile(join(set, 'layer.tar'), made.layer);
  const hasRsync = spawnSync('rsync', ['--version']).status === 0;
  const [applied, copied]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const live = join(set, 'live');
    const landed = await onCopy(base, live, () =>
      apply({
        ...{ runId: runId(round, Buffer.alloc(10)), workspace: live, stateDir: join(set, 'state') },
        ...{ changeSet: made.changeSet, digest: made.digest, bases: null, merge: false },
        layer: () => createReadStream(join(set, 'layer.tar')),
      }),
    );
    if (landed.answer.result !== 'promoted') throw new Error('a change set in the bench did not land');
    const rsynced = hasRsync ? await onCopy(base, live, () => rsync(changed, live)) : undefined;
    // The first round warms caches.
    if (round === 0) continue;
    applied.push(landed.took);
    if (rsynced !== undefined) copied.push(rsynced.took);
  }
  await rm(set, { recursive: true, force: true });
  return { apply: applied, rsync: hasRsync ? copied : undefined };
}

/** One file of the set: in every second directory all are new, in the others they are modified. */
async function writeChange(
  i: number,
  { base, after, changed }: { base: string; after: string; changed: string },
): Promise<void> {
  const folder = `d${Math.floor(i / 100)}`;
  const isNew = Math.floor(i / 100) % 2 === 0;
  // Half of the new ones lie in directories that are there, the others come with theirs.
  const isThere = !isNew || Math.floor(i / 100) % 4 === 0;
  if (i % 100 === 0) {
    for (const tree of [after, changed, ...(isThere ? [base] : [])])
      await mkdir(join(tree, folder), { recursive: true });
  }
  const text = `${i}\n`.repeat(100 + (i % 700));
  for (const tree of [after, changed]) await writeFile(join(tree, folder, `f${i}`), text);
  if (isNew) return;
  await writeFile(join(base, folder, `f${i}`), `old ${text}`);
  await utimes(join(base, folder, `f${i}`), 1, 1);
}

/** Times one competitor on a fresh copy of the base, with nothing of before left to be written to the disk. */
async function onCopy<T>(base: string, live: string, run: () => Promise<T> | T) {
  await rm(live, { recursive: true, force: true });
  await cp(base, live, { recursive: true, preserveTimestamps: true });
  spawnSync('sync', ['-f', live]);
  const startedAt = performance.now();
  const answer = await run();
  return { answer, took: performance.now() - startedAt };
}

function rsync(from: string, to: string): void {
  const { status } = spawnSync('rsync', ['-a', `${from}/`, `${to}/`]);
  if (status !== 0) throw new Error('rsync in the bench did not end well');
}
