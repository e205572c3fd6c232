const MIB = 2 ** 20;

/**
 * What may be spent on one rehearsal's changes after its command has ended. The command's own limits hold until then;
 * these bound what it left us to do.
 */
export const BUDGET = {
  /** Bytes of both sides kept for diffs, and the time to compare and scrub them: the worst text is ten times slower. */
  comparedBytes: 64 * MIB,
  comparedMs: 5_000,
  /** Bytes hashed, and searched for credentials: some seconds each. */
  readBytes: 1024 * MIB,
  /** Bytes read that no disk block holds: a hole costs its maker nothing, and us as much as what was written. */
  holeBytes: 64 * MIB,
  /** Changes told one by one: 100,000 files beside each other are still told. */
  changes: 120_000,
  /** Bytes of the changes' paths as JSON. Evidence, diffs and steps each repeat them. */
  pathBytes: 8 * MIB,
  /** Entries read below one directory: each takes about a kilobyte of our memory. */
  entries: 500_000,
  /** Paths of a change set: its manifest is read whole. */
  landing: 250_000,
  /** Paths that are told to be unpromotable. */
  unpromotable: 1_000,
  /** Places where credentials were written; each blocks by itself. */
  spills: 1_000,
  /** Paths in the lists of all steps, and their bytes. */
  stepPaths: 250_000,
  stepPathBytes: 16 * MIB,
} as const;

/** Counts reading of file contents against {@link BUDGET}. */
export interface ReadAllowance {
  /** Whether a file of this size, with so many bytes in blocks of a disk, may be read; counts it if so. */
  take(size: number, allocated: number): boolean;
}

/** What may be read of all files together. */
export function allowReading(
  bytes: number = BUDGET.readBytes,
  holes: number = BUDGET.holeBytes,
): ReadAllowance {
  let left = bytes;
  let holesLeft = holes;
  return {
    take(size, allocated) {
      const hole = Math.max(0, size - allocated);
      if (size > left || hole > holesLeft) return false;
      left -= size;
      holesLeft -= hole;
      return true;
    },
  };
}
