import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import type { BlobRef, ChangeSetEntry } from '@drylane/proto/change-set';
import { readLayer } from '../changeset/layer.ts';
import { keyOfPath, pathOf } from '../evidence/keys.ts';
import type { PathKey } from '../evidence/tree.ts';
import type { Made } from './arrange.ts';
import { checked } from './contents.ts';
import type { Drift } from './effect.ts';
import type { Ground } from './ground.ts';
import { MAX_MERGED_BYTES, mergeTexts } from './merge.ts';
import type { Builder, Stage } from './stage.ts';

/** What a merge needs of a change set: the texts as they were, and which ones they have to be. */
export interface Bases {
  readonly entries: readonly ChangeSetEntry[];
  readonly ref: BlobRef | null;
  readonly bytes: (() => AsyncIterable<Uint8Array>) | null;
}

/**
 * Puts the merged text in the place of each staged one that somebody changed in the workspace meanwhile. The answer
 * names those whose changes overlap.
 */
export async function mergeStaged(
  ground: Ground,
  stage: Stage,
  builder: Builder,
  made: readonly Made[],
  bases: Bases,
): Promise<readonly Drift[]> {
  const wanted = made.filter(({ merge }) => merge !== null);
  if (wanted.length === 0) return [];
  const texts = await readBases(new Set(wanted.map(({ key }) => key)), bases);
  const drifts: Drift[] = [];
  for (const item of wanted) {
    const base = texts.get(item.key);
    const merged = base === undefined ? null : await mergeOne(ground, stage, item, base);
    if (merged === null) {
      drifts.push(overlapping(item.key));
      continue;
    }
    builder.drop(item);
    await builder.file(item, [merged], null);
  }
  return drifts;
}

async function mergeOne(ground: Ground, stage: Stage, item: Made, base: Buffer): Promise<Buffer | null> {
  if (item.merge === null || Math.max(item.merge.size, item.state.size) > MAX_MERGED_BYTES) return null;
  const live = readAll(ground, ground.live.openFile(item.key, item.merge), item.merge.size);
  const staged = ground.disk.open(stage.made.at(item.at), constants.O_RDONLY | constants.O_NOFOLLOW);
  const after = readAll(ground, staged, item.state.size);
  if (live === null || after === null) return null;
  return mergeTexts(ground, stage, { live, base, after });
}

/** All bytes of an open file, and closes it; null when it is not as long as it was. */
function readAll({ disk }: Ground, fd: number, size: number): Buffer | null {
  try {
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length <= size; length += got)
      got = disk.read(fd, buffer.subarray(length));
    return length === size ? buffer.subarray(0, length) : null;
  } finally {
    disk.close(fd);
  }
}

/** The texts as they were, each held against the manifest. */
async function readBases(wanted: ReadonlySet<PathKey>, { entries, ref, bytes }: Bases) {
  const texts = new Map<PathKey, Buffer>();
  if (bytes === null || ref === null) return texts;
  const sums = new Map(entries.map(({ path, before }) => [keyOfPath(path), before?.sha256]));
  for await (const { path, size, content } of readLayer(checked(bytes(), ref))) {
    const key = keyOfPath(path);
    if (!wanted.has(key) || size > MAX_MERGED_BYTES) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    const text = Buffer.concat(chunks);
    if (hash('sha256', text) === sums.get(key)) texts.set(key, text);
  }
  return texts;
}

const overlapping = (key: PathKey): Drift => ({
  path: pathOf(key),
  expected: 'a text whose changes since the rehearsal can be merged',
  found: 'changes that overlap with those of the rehearsal, or no text',
});
