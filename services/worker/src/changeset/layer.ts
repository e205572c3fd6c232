import { basename } from 'node:path/posix';
import { encodePath } from '@drylane/proto/paths';
import { WHITEOUT } from './members.ts';
import { readTar } from './tar.ts';

/** A regular file of a layer, with its contents: what is left unread of them is passed over. */
export interface LayerFile {
  /** Escaped as in the manifest. */
  readonly path: string;
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The regular files of a change set's layer, in the manifest's order; also those of which the mode alone changed. Reads
 * the tar of old texts too. Contents are what the bytes hold: hold them against the manifest.
 * @throws DrylaneError: any that `bytes` throws, and `internal` for what is no such tar or cannot be read.
 */
export async function* readLayer(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<LayerFile, void, void> {
  for await (const { member, content } of readTar(bytes)) {
    if (member.type !== 'file' || basename(member.name).startsWith(WHITEOUT)) continue;
    yield { path: encodePath(Buffer.from(member.name)), size: member.size, content };
  }
}
