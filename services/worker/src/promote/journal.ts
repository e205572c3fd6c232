import { constants, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import type { Disk } from './disk.ts';
import { codeOf, unfit } from './ground.ts';
import {
  decodeRecord,
  type End,
  encodeRecord,
  type JournalRecord,
  type Opened,
  type Planned,
} from './record.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
const CREATE = APPEND | constants.O_CREAT | constants.O_EXCL;

/**
 * What an apply is about to do, written before it does it. It stands in the state directory and never in the workspace,
 * whose content is hostile. Records are on the disk when they were appended.
 */
export class Journal implements Disposable {
  readonly #disk: Disk;
  readonly #fd: number;
  readonly opened: Opened;
  /** Bytes up to the plan, and up to the end of the last record. */
  #unplanned: number;
  #length: number;
  #stage: bigint | undefined;
  #clear = true;

  private constructor(
    disk: Disk,
    fd: number,
    { opened, bytes: { unplanned, all }, stage }: Pick<ReadJournal, 'opened' | 'bytes' | 'stage'>,
  ) {
    this.opened = opened;
    this.#disk = disk;
    this.#fd = fd;
    this.#unplanned = unplanned;
    this.#length = all;
    this.#stage = stage;
  }

  /** Begins a journal where there is none. @throws Node's system errors, EEXIST where there is one. */
  static begin(disk: Disk, stateDir: string, opened: Opened): Journal {
    const directory = directoryOf(stateDir, opened.runId);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const fd = disk.open(Buffer.from(join(directory, 'journal')), CREATE, 0o600);
    try {
      const line = Buffer.from(encodeRecord(opened));
      writeAll(disk, fd, line);
      for (const path of [directory, join(stateDir, 'applies'), stateDir]) syncDirectory(disk, path);
      const bytes = { unplanned: line.length, all: line.length };
      return new Journal(disk, fd, { opened, bytes, stage: undefined });
    } catch (cause) {
      disk.close(fd);
      rmSync(directory, { recursive: true, force: true });
      throw cause;
    }
  }

  /** Goes on with a journal that was read; what was torn at its end is cut off. */
  static resume(disk: Disk, stateDir: string, read: ReadJournal): Journal {
    const { opened, bytes } = read;
    const fd = disk.open(Buffer.from(join(directoryOf(stateDir, opened.runId), 'journal')), APPEND);
    try {
      disk.truncate(fd, bytes.all);
    } catch (cause) {
      disk.close(fd);
      throw cause;
    }
    return new Journal(disk, fd, read);
  }

  /**
   * Appends a record. @throws Node's system errors; then the record is not there, unless {@link Journal.isClear} says
   * that this is not known.
   */
  append(record: JournalRecord): void {
    const line = Buffer.from(encodeRecord(record));
    try {
      writeAll(this.#disk, this.#fd, line);
    } catch (cause) {
      this.#cut(this.#length);
      throw cause;
    }
    this.#length += line.length;
    if (record.record !== 'stage') return;
    this.#unplanned = this.#length;
    this.#stage = record.ino;
  }

  /** The inode of the stage that was made; without one, nothing was ever put into it. */
  get stage(): bigint | undefined {
    return this.#stage;
  }

  /** False once nobody knows what the journal would be read as: it could not be written, nor cut back. */
  get isClear(): boolean {
    return this.#clear;
  }

  /** Notes that nothing is left to undo: the journal is as it was before the plan. Takes no room on a full disk. */
  forgetPlan(): void {
    this.#cut(this.#unplanned);
    this.#length = this.#unplanned;
  }

  [Symbol.dispose](): void {
    this.#disk.close(this.#fd);
  }

  #cut(length: number): void {
    this.#clear = false;
    this.#disk.truncate(this.#fd, length);
    this.#disk.fsync(this.#fd);
    this.#clear = true;
  }
}

function writeAll(disk: Disk, fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += disk.write(fd, bytes, done);
  disk.fsync(fd);
}

function syncDirectory(disk: Disk, path: string): void {
  const fd = disk.open(Buffer.from(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    disk.fsync(fd);
  } finally {
    disk.close(fd);
  }
}

/** What a journal says. */
export interface ReadJournal {
  readonly opened: Opened;
  /** As {@link Journal.stage}. */
  readonly stage: bigint | undefined;
  readonly planned: Planned | undefined;
  readonly committed: boolean;
  readonly ended: End | undefined;
  readonly bytes: { readonly unplanned: number; readonly all: number };
}

/**
 * Reads a run's journal; a last line that was torn counts for nothing. Undefined where there is none, or where not even
 * its first record was written, so that nothing was made in the workspace; `spoilt` where a whole line is none of ours.
 */
export function readJournal(stateDir: string, runId: string): ReadJournal | 'spoilt' | undefined {
  const text = readText(join(directoryOf(stateDir, runId), 'journal'));
  const lines =
    text
      ?.slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1) ?? [];
  const records = lines.map(decodeRecord);
  const known = records.filter((record) => record !== undefined);
  const [opened] = known;
  if (records.length === 0) return undefined;
  if (known.length < records.length || opened?.record !== 'opened') return 'spoilt';
  const stage = known.findIndex(({ record }) => record === 'stage');
  const sizeOf = (some: readonly string[]): number =>
    some.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  const ended = known.find((record) => record.record === 'ended');
  return {
    opened,
    stage: known.find((record) => record.record === 'stage')?.ino,
    planned: known.find((record) => record.record === 'planned'),
    committed: known.some(({ record }) => record === 'committed'),
    ended: ended?.result,
    bytes: { unplanned: sizeOf(lines.slice(0, Math.max(stage, 0) + 1)), all: sizeOf(lines) },
  };
}

/** The runs that have a journal. */
export function journaledRuns(stateDir: string): string[] {
  try {
    return readdirSync(join(stateDir, 'applies')).filter((name) => RunId.safeParse(name).success);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw unfitState(stateDir, cause);
  }
}

/** Takes a run's journal away. */
export function removeJournal(stateDir: string, runId: string): void {
  rmSync(directoryOf(stateDir, runId), { recursive: true, force: true });
}

/** What the system refused in the state directory, as an error for a person. */
export function unfitState(path: string, cause: unknown): unknown {
  if (codeOf(cause) === undefined) return cause;
  const { code, problems } = unfit('', cause);
  return new DrylaneError(
    code,
    problems.map((problem) => ({ ...problem, field: path })),
    { cause },
  );
}

/** @throws for a name that is no run's: it becomes a part of a path. */
function directoryOf(stateDir: string, runId: string): string {
  return join(stateDir, 'applies', RunId.parse(runId));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unfitState(path, cause);
  }
}
