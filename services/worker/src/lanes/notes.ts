import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PromotionMode } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { Landed } from '@drylane/proto/task';
import { z } from 'zod';

/** A claim as this machine remembers it: noted before it is made, forgotten when the dispatcher knows how it ended. */
export const ClaimNote = z.strictObject({
  run: RunId,
  mode: PromotionMode,
  /** A name that no other claim ever has, so that what is said of it is never taken for another's. */
  owner: z.string(),
  /** Which dispatcher it is a claim with, where the machine may know several. */
  fleet: z.string().optional(),
  /** Whether the dispatcher is known to have heard it. */
  heard: z.boolean(),
  /** How it ended; null until then, and after a crash. */
  landed: Landed.nullable(),
});
export type ClaimNote = Readonly<z.infer<typeof ClaimNote>>;

/** The notes of a state directory, which belongs to one process at a time. All of it survives a loss of power. */
export interface ClaimNotes {
  /** Of which runs there are notes, whether they can be read or not. */
  runs(): readonly RunId[];
  /** @throws DrylaneError `machine-unfit` for one that is none of ours. */
  read(run: RunId): ClaimNote | undefined;
  /** @throws DrylaneError as {@link read}. */
  all(): readonly ClaimNote[];
  write(note: ClaimNote): void;
  forget(run: RunId): void;
}

/** Opens the notes of a state directory. What is half written there is none. */
export function openNotes(stateDir: string): ClaimNotes {
  const directory = join(stateDir, 'claims');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  syncDirectory(stateDir);
  const pathOf = (run: RunId): string => join(directory, `${run}.json`);
  const read = (run: RunId): ClaimNote | undefined => {
    try {
      return ClaimNote.parse(JSON.parse(readFileSync(pathOf(run), 'utf8')));
    } catch (fault) {
      if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined;
      throw unreadable(run, pathOf(run), fault);
    }
  };
  const runs = (): RunId[] =>
    readdirSync(directory).flatMap((name) => {
      const run = RunId.safeParse(name.replace(/\.json$/, ''));
      return run.success ? [run.data] : [];
    });
  return {
    runs,
    read,
    all: () => runs().flatMap((run) => read(run) ?? []),
    write(note) {
      const temporary = `${pathOf(note.run)}.new`;
      // Made anew: what stands there may be a link to something else.
      rmSync(temporary, { force: true });
      const file = openSync(temporary, 'wx', 0o600);
      try {
        writeFileSync(file, JSON.stringify(note));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, pathOf(note.run));
      syncDirectory(directory);
    },
    forget(run) {
      rmSync(pathOf(run), { force: true });
      syncDirectory(directory);
    },
  };
}

function unreadable(run: RunId, path: string, cause: unknown): DrylaneError {
  return new DrylaneError(
    'machine-unfit',
    {
      field: run,
      message: `was taken to land, and the note of that cannot be read: ${path}`,
      mend: 'look what became of it, in its fleet and in its workspace; then take the note away',
    },
    { cause },
  );
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
