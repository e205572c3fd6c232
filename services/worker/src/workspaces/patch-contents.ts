import { DrylaneError } from '@drylane/proto/errors';
import { contentsOf } from '../changeset/contents.ts';
import { type LayerFile, readLayer } from '../changeset/layer.ts';
import type { Contents } from '../changeset/tar.ts';
import { keyOfPath } from '../evidence/keys.ts';
import { Tree } from '../evidence/tree.ts';
import { PATCH_LIMITS, type PatchContents } from './patch.ts';

/** Contents that have to be given back. */
export interface OpenContents extends PatchContents, AsyncDisposable {}

/**
 * Opens the files of a change set on both sides: before, in the tree that it was made of; after, in its layer, which is read
 * once, so that files have to be asked for in the order of the change set. Whether they are its files is checked by who asks.
 */
export function openContents(directory: string, layer: AsyncIterable<Uint8Array>): OpenContents {
  const tree = new Tree(Buffer.from(directory));
  const files = readLayer(layer);
  return {
    before: async (path) => {
      const key = keyOfPath(path);
      const entry = tree.entry(key);
      if (entry?.type !== 'file') throw missing(path);
      return whole(path, entry.size, contentsOf(tree, { key, entry, has: () => true }, 'leave'));
    },
    after: async (path) => {
      for (let next = await nextOf(files); next !== undefined; next = await nextOf(files))
        if (next.path === path) return whole(path, next.size, next.content);
      throw missing(path);
    },
    async [Symbol.asyncDispose]() {
      tree[Symbol.dispose]();
      await files.return();
    },
  };
}

async function nextOf(files: AsyncGenerator<LayerFile, void, void>): Promise<LayerFile | undefined> {
  const { done, value } = await files.next();
  return done === true ? undefined : (value ?? undefined);
}

/** All of a file that a patch can carry. */
async function whole(path: string, size: number, contents: Contents): Promise<Uint8Array> {
  if (size > PATCH_LIMITS.file) throw missing(path);
  if (Buffer.isBuffer(contents)) return contents;
  const chunks: Uint8Array[] = [];
  for await (const chunk of contents) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const missing = (field: string): DrylaneError =>
  new DrylaneError('internal', {
    field,
    message: 'is not there as the change set says',
    mend: 'rehearse again, and check the disk',
  });
