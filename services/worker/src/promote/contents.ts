import { createHash } from 'node:crypto';
import type { BlobRef, ChangeSet } from '@drylane/proto/change-set';
import { DrylaneError } from '@drylane/proto/errors';
import { readLayer } from '../changeset/layer.ts';
import { keyOfPath, pathOf } from '../evidence/keys.ts';
import type { Made } from './arrange.ts';
import type { Builder } from './stage.ts';

/**
 * Writes the contents of everything new into the stage, from the layer, and holds all of it against the manifest: each
 * file's size and sha256, that none is missing, and the digest of the whole layer.
 * @throws DrylaneError `internal` for a layer that is another, `machine-unfit` where it cannot be written.
 */
export async function stageContents(
  builder: Builder,
  changeSet: ChangeSet,
  made: readonly Made[],
  layer: AsyncIterable<Uint8Array>,
): Promise<void> {
  const wanted = new Map(made.filter(({ state }) => state.type === 'file').map((m) => [m.key, m]));
  for await (const { path, content } of readLayer(checked(layer, changeSet.layer))) {
    const key = keyOfPath(path);
    const item = wanted.get(key);
    if (item === undefined) continue;
    wanted.delete(key);
    await builder.file(item, content, { size: item.state.size, sha256: item.state.sha256 ?? '' });
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw otherLayer(pathOf(missing), 'the layer does not hold it');
}

/** Passes a blob on, and throws at its end when it was another than was said. */
export async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  { digest, size }: BlobRef,
): AsyncGenerator<Uint8Array, void, void> {
  const sum = createHash('sha256');
  let length = 0;
  for await (const chunk of bytes) {
    sum.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== size || `sha256:${sum.digest('hex')}` !== digest)
    throw otherLayer(digest, 'the bytes are others than the change set says');
}

const otherLayer = (field: string, message: string): DrylaneError =>
  new DrylaneError('internal', { field, message, mend: 'rehearse again, and check the disk' });
