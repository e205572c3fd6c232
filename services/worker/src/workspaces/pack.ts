import { DrylaneError } from '@drylane/proto/errors';
import { contentsOf } from '../changeset/contents.ts';
import { type Contents, type Member, writeTar } from '../changeset/tar.ts';
import { keyOfPath } from '../evidence/keys.ts';
import { Tree } from '../evidence/tree.ts';
import { refused, systemRefused } from './refuse.ts';
import type { Survey, Surveyed } from './survey.ts';

/**
 * Writes the tar of a directory that was surveyed. A directory of the same contents, modes and times gives the same bytes,
 * whoever owns it.
 * @throws DrylaneError `bad-input` when a file is no longer what it was; what came until then is then no whole tar.
 */
export async function* packWorkspace(
  directory: string,
  { found }: Pick<Survey, 'found'>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    using tree = new Tree(Buffer.from(directory));
    const surveyed = new Map(found.map((one) => [memberOf(one), one]));
    const contents = (member: Member): Contents => {
      const { key, seen, entry } = surveyed.get(member) ?? {};
      if (key === undefined || entry === undefined || seen === undefined)
        throw new Error('a member of a tar has no file');
      return contentsOf(tree, { key, entry: seen, has: (sha256) => sha256 === entry.sha256 }, 'leave');
    };
    yield* writeTar(surveyed.keys(), contents);
  } catch (cause) {
    // What reads contents speaks of a rehearsal; here they are a person's own files.
    if (cause instanceof DrylaneError && cause.code === 'sandbox-failed')
      throw refused('workspace', 'changed while it was packed', 'pack it again, at rest', cause);
    throw systemRefused('workspace', cause);
  }
}

/** A member without an owner: whoever unpacks it says whose it becomes. */
function memberOf({ key, seen, entry }: Surveyed): Member {
  const type = entry.type === 'dir' ? 'directory' : entry.type;
  return {
    ...{ type, name: Buffer.from(key, 'latin1').toString('utf8'), mode: seen.mode, size: entry.size },
    ...{ uid: 0, gid: 0, mtimeNs: seen.mtimeNs },
    target: entry.target === null ? null : Buffer.from(keyOfPath(entry.target), 'latin1').toString('utf8'),
  };
}
