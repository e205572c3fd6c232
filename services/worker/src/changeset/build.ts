import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { BlobRef, ChangeSet, ChangeSetEntry } from '@drylane/proto/change-set';
import { canonicalJson, type Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import { Tree } from '../evidence/tree.ts';
import type { WorkspaceView } from '../sandbox/sandbox.ts';
import { oldTexts } from './bases.ts';
import { contentsOf } from './contents.ts';
import type { Gathered, GatheredEntry } from './gather.ts';
import { membersOf, nameIn } from './members.ts';
import { type Contents, type Member, writeTar } from './tar.ts';

/** A change set of which every blob is stored: the manifest under its digest, the layer and the old texts. */
export interface BuiltChangeSet {
  readonly changeSet: ChangeSet;
  readonly digest: Digest;
}

/** Where a change set is kept. */
export type ChangeSetBlobs = Pick<Blobs, 'put' | 'putStream'>;

/**
 * Makes the change set of all that was gathered and stores it. Equal changes of equal workspaces give equal bytes, whenever
 * they are made.
 * @returns undefined where the contents are no longer those that were seen: then nothing is known of them.
 * @throws whatever `blobs` throws.
 */
export async function buildChangeSet(
  view: WorkspaceView,
  { entries }: Pick<Gathered, 'entries'>,
  blobs: ChangeSetBlobs,
): Promise<BuiltChangeSet | undefined> {
  try {
    const { layer, sums } = await storeLayer(view, entries, blobs);
    const bases = await storeBases(view, entries, blobs);
    const told = entries.map(({ entry }) => withSum(entry, sums));
    const changeSet: ChangeSet = { version: 1, entries: told, layer, bases };
    const digest = await blobs.put(Buffer.from(canonicalJson(changeSet)));
    return { changeSet, digest };
  } catch (cause) {
    if (cause instanceof DrylaneError && cause.code === 'sandbox-failed') return undefined;
    throw cause;
  }
}

/** What was found of files that were not read before, by their paths. */
type Sums = ReadonlyMap<string, string>;

/** Writes the layer; contents that are known have to be those, of others the sha256 is noted. */
async function storeLayer(
  view: WorkspaceView,
  entries: readonly GatheredEntry[],
  blobs: ChangeSetBlobs,
): Promise<{ readonly layer: BlobRef; readonly sums: Sums }> {
  using upper = new Tree(view.upper, 'unlock');
  const seen = new Map(entries.map((gathered) => [nameIn(gathered.entry.path), gathered]));
  const sums = new Map<string, string>();
  const contents = ({ name }: Member): Contents => {
    const { key, entry, after } = seen.get(name) ?? {};
    if (key === undefined || !entry?.after || !after) throw new Error('a member of a layer has no file');
    const { path, after: now } = entry;
    const has = (sha256: string): boolean =>
      now.sha256 === null ? sums.set(path, sha256).has(path) : now.sha256 === sha256;
    return contentsOf(upper, { key, entry: after, has }, 'unlock');
  };
  const members = membersOf(entries.map(({ entry }) => entry));
  const layer = await blobs.putStream(writeTar(members, contents));
  return { layer, sums };
}

function withSum(entry: ChangeSetEntry, sums: Sums): ChangeSetEntry {
  const sha256 = sums.get(entry.path);
  if (sha256 === undefined || entry.after === null) return entry;
  return { ...entry, after: { ...entry.after, sha256 } };
}

async function storeBases(
  view: WorkspaceView,
  entries: readonly GatheredEntry[],
  blobs: ChangeSetBlobs,
): Promise<BlobRef | null> {
  using lower = new Tree(view.lower);
  const texts = await oldTexts(lower, entries);
  if (texts.length === 0) return null;
  const contents = new Map(texts.map(({ member, content }) => [member, content]));
  const members = texts.map(({ member }) => member);
  return await blobs.putStream(writeTar(members, (member) => contents.get(member) ?? Buffer.alloc(0)));
}
