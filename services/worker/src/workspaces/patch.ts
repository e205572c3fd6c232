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

/**
 * The largest file on either side, both sides of all files together, and the patch itself, in bytes: beyond, a patch is no way
 * to carry it. To write two sides of the largest file takes some seconds, in which nothing else of this process goes on.
 */
export const PATCH_LIMITS: PatchLimits = { file: 16 * 2 ** 20, files: 256 * 2 ** 20, patch: 64 * 2 ** 20 };

type PatchLimits = Readonly<Record<'file' | 'files' | 'patch', number>>;

/** What stops the making of a patch. */
interface PatchBounds {
  readonly limits?: PatchLimits;
  readonly signal?: AbortSignal;
}

/**
 * A change set as a patch that `git am` takes on the commit it was made from. Texts are told as text, everything else as git's
 * binary patches.
 * @throws DrylaneError: any that `contents` throws, `bad-input` for files that are too large, by name, and `internal` for contents
 * that are not those of the change set; and the signal's reason.
 */
export async function patchOf(
  { entries }: Pick<ChangeSet, 'entries'>,
  contents: PatchContents,
  head: PatchHead,
  { limits = PATCH_LIMITS, signal }: PatchBounds = {},
): Promise<GitPatch> {
  const mail = mailHead(head);
  const told = entries.filter(isTold);
  refuseLarge(told, limits);
  const parts: string[] = [];
  let bytes = 0;
  const pace = createPace();
  for (const { path, before, after } of told) {
    const old = await blobOf(path, before, contents.before);
    const now = await blobOf(path, after, contents.after);
    const part = filePatch(path, old, now);
    bytes += Buffer.byteLength(part);
    if (bytes > limits.patch) throw tooLarge('patch');
    parts.push(part);
    await pace();
    signal?.throwIfAborted();
  }
  const untold = entries.flatMap((entry) => {
    const why = whyUntold(entry, entries);
    return why === undefined ? [] : [{ path: entry.path, why }];
  });
  return { text: parts.length === 0 ? null : `${mail}---\n${notesOn(untold)}\n${parts.join('')}`, untold };
}

/** What a patch leaves out, where git passes over it: how many paths and why, for a name may be anything. */
function notesOn(untold: GitPatch['untold']): string {
  const reasons = Map.groupBy(untold, ({ why }) => why);
  return [...reasons].map(([why, { length }]) => `Not in this patch: ${length} × ${why}.\n`).join('');
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

function refuseLarge(entries: readonly ChangeSetEntry[], limits: PatchLimits): void {
  const sizes = entries.map(({ before, after }) => [before?.size ?? 0, after?.size ?? 0] as const);
  const large = entries.filter((_, index) => Math.max(...(sizes[index] ?? [])) > limits.file);
  if (large.length > 0)
    throw new DrylaneError(
      'bad-input',
      large.slice(0, MOST_NAMED).flatMap(({ path }) => tooLarge(path).problems),
    );
  if (sizes.flat().reduce((sum, size) => sum + size, 0) > limits.files) throw tooLarge('files');
}

const tooLarge = (field: string): DrylaneError =>
  refused(field, 'is too large for a patch', 'land it with drylane apply');

/** Paths in an error. */
const MOST_NAMED = 20;

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
