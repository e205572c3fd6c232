import type { FileType } from '@drylane/proto/evidence';
import type { PathKey } from '../evidence/tree.ts';

/** What the system said of one entry: enough to know later whether it is the same, and whether anyone touched it. */
export interface Stamp {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** What an entry shall have besides its contents; `mtimeNs` null leaves the time as it comes. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint | null;
}

/**
 * One thing that apply does to the workspace, each to be undone. What is new comes from the stage's `new/n`, what was
 * there goes to its `old/n`. Whether an effect happened is read from the file system: from what stands at the three.
 */
export type Effect =
  /** Takes a whole tree, or what makes room for a directory, out of the workspace. */
  | { readonly do: 'stash'; readonly key: PathKey; readonly n: number; readonly was: Stamp }
  /** Puts a new tree, file or link where nothing stands. */
  | {
      readonly do: 'place';
      readonly key: PathKey;
      readonly n: number;
      readonly type: FileType;
      readonly become: Attributes;
    }
  /** Puts a new file or link in the place of what is no directory either, at once. */
  | { readonly do: 'replace'; readonly key: PathKey; readonly n: number; readonly was: Stamp }
  /** Gives what stands there another mode or owner. */
  | {
      readonly do: 'attributes';
      readonly key: PathKey;
      readonly was: Stamp;
      readonly become: Attributes;
    }
  /** Gives what stands there another time. */
  | { readonly do: 'times'; readonly key: PathKey; readonly was: Stamp; readonly mtimeNs: bigint };

/** What was staged, to be known again: by its path below the stage's `new`. */
export type Staged = ReadonlyMap<PathKey, Stamp>;

/** A directory as it was before anything of ours came or went in it. */
export interface Held {
  readonly key: PathKey;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  /** A digest over its names; null where they cannot be read. */
  readonly names: string | null;
}

/** One path that was not as it had to be, in words for a person. */
export interface Drift {
  /** Escaped as in the manifest. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}
