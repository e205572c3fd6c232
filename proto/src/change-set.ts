import { z } from 'zod';
import { Digest } from './digest.ts';
import { type ChangeKind, ChangeKind as ChangeKindSchema, FileState } from './evidence.ts';
import { decodePath, encodePath } from './paths.ts';

/** A blob of bytes in a store: what it is called, and how long it is. */
export const BlobRef = z.strictObject({ digest: Digest, size: z.int().min(0).describe('Bytes') });
export type BlobRef = z.infer<typeof BlobRef>;

/** One path that is not as it was, and what stands there before and after; `null` is nothing. */
export const ChangeSetEntry = z
  .strictObject({
    path: z.string().refine(isInside, 'must be a path inside the workspace, written as evidence writes it'),
    kind: ChangeKindSchema,
    before: FileState.nullable().describe('The base fingerprint: what has to stand there for it to land'),
    after: FileState.nullable(),
    mtime: z
      .string()
      .regex(/^-?\d{1,20}$/)
      .nullable()
      .describe('Nanoseconds since 1970, where the command set it itself; null: the moment it lands'),
  })
  .refine(({ kind, before, after }) => kind === kindOf(before, after), {
    path: ['kind'],
    message: 'must say what before and after say',
  });
export type ChangeSetEntry = Readonly<z.infer<typeof ChangeSetEntry>>;

/**
 * What a rehearsal changed, complete: all that is needed to make it so elsewhere, and all that has to be so before. A
 * deleted directory stands here with everything that was below it. Contents are in the layer, by path. The digest of
 * this document, as canonical JSON, is the change set's: the same changes of the same base have the same digest.
 */
export const ChangeSet = z
  .strictObject({
    version: z.literal(1),
    entries: z.array(ChangeSetEntry).min(1).describe('A directory comes right before all that is below it'),
    layer: BlobRef.describe(
      'An OCI image layer: a tar of what was added and modified, whiteouts for what was deleted',
    ),
    bases: BlobRef.nullable().describe('A tar of the texts that were modified, as they were: for a merge'),
  })
  .refine(({ entries }) => isPreorder(entries.map(({ path }) => path)), {
    path: ['entries'],
    message: 'must be in order, each path once',
  });
export type ChangeSet = Readonly<z.infer<typeof ChangeSet>>;

/** How what stands at a path changed; undefined where it did not. */
export function kindOf(before: FileState | null, after: FileState | null): ChangeKind | undefined {
  if (before === null || after === null)
    return before === after ? undefined : before === null ? 'added' : 'deleted';
  if (before.type !== after.type) return 'type';
  if (before.sha256 !== after.sha256 || before.target !== after.target || before.size !== after.size)
    return 'modified';
  const same = before.mode === after.mode && before.uid === after.uid && before.gid === after.gid;
  return same ? undefined : 'mode';
}

/** Sorts paths so that a directory comes right before all that is below it; `.` is the workspace itself. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [orderOf(a), orderOf(b)];
  return left < right ? -1 : Number(left > right);
}

// No name holds a NUL, so with NUL for the slash a directory's own paths come before its neighbours'.
const orderOf = (path: string): string =>
  path === '.' ? '' : decodePath(path).toString('latin1').replaceAll('/', '\0');

function isPreorder(paths: readonly string[]): boolean {
  return paths.every((path, index) => index === 0 || comparePaths(paths[index - 1] ?? '', path) < 0);
}

function isInside(path: string): boolean {
  if (path === '.') return true;
  const bytes = decodePath(path);
  if (bytes.includes(0) || encodePath(bytes) !== path) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
