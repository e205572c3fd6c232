/** What a tree from elsewhere may hold at most. */
export interface TreeLimits {
  /** Files, directories and symbolic links, directories that no member names among them. */
  readonly entries: number;
  /** Bytes of the tar when it is not compressed, headers and all. */
  readonly bytes: number;
  /** How many times its size a compressed tar may become. */
  readonly ratio: number;
  /** Parts of a path. */
  readonly depth: number;
}

/** The longest part of a path, in bytes (NAME_MAX). */
export const MAX_NAME_BYTES = 255;
/** The longest path: PATH_MAX, less room for wherever the tree stands. */
export const MAX_PATH_BYTES = 3584;
/** The longest target of a symbolic link (PATH_MAX, less its NUL). */
export const MAX_TARGET_BYTES = 4095;
/** All paths and targets of a tree together: half a million entries of 128 bytes each. */
export const MAX_NAMES_BYTES = 64 * 2 ** 20;
