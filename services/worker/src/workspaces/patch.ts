import { hash } from 'node:crypto';
import type { ChangeSet, ChangeSetEntry } from '@drylane/proto/change-set';
import { DrylaneError } from '@drylane/proto/errors';
import type { FileState } from '@drylane/proto/evidence';
import { decodePath } from '@drylane/proto/paths';
import { createPace } from '../evidence/pace.ts';
import { type Blob, filePatch } from './git-patch.ts';
import { mailHead, type PatchHead } from './mail.ts';
import { refused } from './refuse.ts';

/** Where a change set's files are read, on both sides. */
export interface PatchContents {
  /** The file as it was in the base. */
  before(path: string): Promise<Uint8Array>;
  /** The file as the change set has it. */
  after(path: string): Promise<Uint8Array>;
}

/** A change set for git. */
export interface GitPatch {
  /** What `git am` takes; null where git has no word for any of it. */
  readonly text: string | null;
  /** What the patch does not say, whole or in part, for git keeps no such thing: owners, empty directories, most of a mode. */
  readonly untold: readonly { readonly path: string; readonly why: string }[];
}

/** The largest file on either side; beyond, a patch is no way to carry it. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * A change set as a patch that `git am` takes on the commit it was made from. Texts are told as text, everything else as git's
 * binary patches.
 * @throws DrylaneError: any that `contents` throws, `bad-input` for files that are too large, all by name, and `internal` for
 * contents that are not those of the change set.
 */
export async function patchOf(
  { entries }: Pick<ChangeSet, 'entries'>,
  contents: PatchContents,
  head: PatchHead,
): Promise<GitPatch> {
  const mail = mailHead(head);
  refuseLarge(entries);
  const parts: string[] = [];
  const pace = createPace();
  for (const { path, before, after } of entries.filter(isTold)) {
    const old = await blobOf(path, before, contents.before);
    const now = await blobOf(path, after, contents.after);
    parts.push(filePatch(path, old, now));
    await pace();
  }
  const untold = entries.flatMap((entry) => {
    const why = whyUntold(entry, entries);
    return why === undefined ? [] : [{ path: entry.path, why }];
  });
  return { text: parts.length === 0 ? null : `${mail}---\n\n${parts.join('')}`, untold };
}

type Side = Pick<FileState, 'type' | 'mode'> | null;

/** How git keeps what stands at a path; null for nothing, and for what it keeps not at all. */
function gitMode(state: Side): Blob['mode'] | null {
  if (state?.type === 'symlink') return '120000';
  if (state?.type !== 'file') return null;
  return (Number.parseInt(state.mode, 8) & 0o100) === 0 ? '100644' : '100755';
}

/** Whether a patch has something to say of an entry. */
function isTold({ path, before, after }: ChangeSetEntry): boolean {
  if (isGits(path)) return false;
  return (
    gitMode(before) !== gitMode(after) ||
    (gitMode(after) !== null && (before?.sha256 !== after?.sha256 || before?.target !== after?.target))
  );
}

/** Whether a path is one that git refuses in a tree: its own directory, by whatever case. */
const isGits = (path: string): boolean => path.split('/').some((part) => /^(\.git|git~1)$/i.test(part));

/** What a patch does not say of an entry. */
function whyUntold(
  { path, before, after }: ChangeSetEntry,
  all: readonly ChangeSetEntry[],
): string | undefined {
  if (isGits(path)) return 'git takes no files into its own directory';
  if (before?.type === 'dir' && after?.type === 'dir') return 'git keeps no modes and owners of directories';
  if (after?.type === 'dir')
    return all.some((other) => other.path.startsWith(`${path}/`) && isTold(other))
      ? undefined
      : 'git keeps no empty directories';
  if (before === null || after === null || after.type === 'symlink') return undefined;
  if (before.uid !== after.uid || before.gid !== after.gid) return 'git keeps no owners';
  if (before.type === after.type && before.mode !== after.mode && gitMode(before) === gitMode(after))
    return 'of a mode, git keeps whether the file is a program';
  return undefined;
}

function refuseLarge(entries: readonly ChangeSetEntry[]): void {
  const large = entries
    .filter(({ before, after }) => Math.max(before?.size ?? 0, after?.size ?? 0) > MOST_BYTES)
    .flatMap(({ path }) => refused(path, 'is too large for a patch', 'land it with drylane apply').problems);
  if (large.length > 0) throw new DrylaneError('bad-input', large);
}

/** What git would keep of one side, once it is sure that it is what the change set says. */
async function blobOf(
  path: string,
  state: FileState | null,
  read: (path: string) => Promise<Uint8Array>,
): Promise<Blob | null> {
  const mode = gitMode(state);
  if (mode === null || state === null) return null;
  if (mode === '120000') return { mode, content: decodePath(state.target ?? '') };
  const content = await read(path);
  if (hash('sha256', content) !== state.sha256)
    throw new DrylaneError('internal', {
      field: path,
      message: 'is not what the change set says',
      mend: 'rehearse again, and check the disk',
    });
  return { mode, content };
}
