import { createHash } from 'node:crypto';
import { comparePaths } from '@drylane/proto/change-set';
import { canonicalJson, type Digest } from '@drylane/proto/digest';
import { createPace } from '../evidence/pace.ts';

/** One path of a snapshot. Owners and times are no part of it. */
export interface SnapshotEntry {
  /** Relative to the root, escaped as in evidence. The root itself has no entry. */
  readonly path: string;
  readonly type: 'file' | 'dir' | 'symlink';
  /** Permission bits as four octal digits; of a symbolic link always 0777. */
  readonly mode: string;
  /** Bytes of a regular file, else 0. */
  readonly size: number;
  /** Of a regular file, in hex. */
  readonly sha256: string | null;
  /** Of a symbolic link, escaped like a path. */
  readonly target: string | null;
}

/** The whole of a tree, as far as a snapshot is concerned. */
export interface Manifest {
  readonly version: 1;
  /** By path, a directory right before what is below it. */
  readonly entries: readonly SnapshotEntry[];
}

/** Puts the entries of a tree, found in any order, into a manifest. */
export function manifestOf(entries: Iterable<SnapshotEntry>): Manifest {
  return { version: 1, entries: [...entries].sort((a, b) => comparePaths(a.path, b.path)) };
}

/**
 * The digest that names a snapshot: that of its manifest as canonical JSON (RFC 8785). Equal trees have equal digests,
 * however they were packed. The text is hashed entry by entry, for a tree may have hundreds of thousands.
 */
export async function snapshotDigest({ version, entries }: Manifest): Promise<Digest> {
  const sum = createHash('sha256').update('{"entries":[');
  const pace = createPace();
  for (const [index, entry] of entries.entries()) {
    sum.update(index === 0 ? canonicalJson(entry) : `,${canonicalJson(entry)}`);
    await pace();
  }
  return `sha256:${sum.update(`],"version":${version}}`).digest('hex')}`;
}

const BLOCK_BYTES = 4096;

/** About how much of a disk a tree takes: whole blocks, and one for each name. */
export function diskBytes({ entries }: Manifest): number {
  return entries.reduce(
    (sum, { size }) => sum + BLOCK_BYTES * (1 + Math.ceil(size / BLOCK_BYTES)),
    BLOCK_BYTES,
  );
}
