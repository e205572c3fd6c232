import { DrylaneError } from '@drylane/proto/errors';
import { currentOwner, formatOwner, mayBeAlive, parseOwner } from '../sandbox/owner.ts';
import { type Disk, realDisk } from './disk.ts';
import { goBack, goForward } from './ending.ts';
import { Ground } from './ground.ts';
import { Journal, journaledRuns, type ReadJournal, readJournal, removeJournal } from './journal.ts';
import { lockDirectory } from './lock.ts';
import type { End } from './record.ts';
import { Stage } from './stage.ts';

/** What recovery made of an interrupted apply; `conflicts` are the paths that a person has to look at. */
export type Recovered = {
  readonly runId: string;
  readonly result: End;
  readonly conflicts: readonly string[];
  /** Where it landed: paths whose text was merged with that of others. */
  readonly merged: readonly string[];
};

/**
 * Brings every apply that was interrupted wholly back or wholly forward, and tells of those that ended and whose end
 * nobody was told. One that is still under way is left alone.
 */
export async function recover(stateDir: string, disk: Disk = realDisk): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const runId of journaledRuns(stateDir)) {
    const journal = readJournal(stateDir, runId);
    if (journal === undefined || isUnderWay(journal)) continue;
    try {
      const one = await recoverRun(stateDir, runId, disk);
      if (one !== undefined) recovered.push(one);
    } catch (cause) {
      // Its workspace is locked: whoever does that is at work, or has just been, and tells of it.
      if (!(cause instanceof DrylaneError) || cause.code !== 'not-promotable') throw cause;
    }
  }
  return recovered;
}

/** Whether a process other than this one ended it and lives: then it is about to tell. */
function isUnderWay(journal: ReadJournal | 'spoilt'): boolean {
  if (journal === 'spoilt' || journal.ended === undefined) return false;
  const owner = parseOwner(journal.opened.owner);
  return owner !== undefined && mayBeAlive(owner) && journal.opened.owner !== formatOwner(currentOwner());
}

/**
 * The same for one run; undefined where it has no journal, and so never touched a workspace.
 * @throws DrylaneError `not-promotable` while another process is at work in the same workspace, `machine-unfit` where
 * it cannot be locked.
 */
export async function recoverRun(
  stateDir: string,
  runId: string,
  disk: Disk = realDisk,
): Promise<Recovered | undefined> {
  const first = readJournal(stateDir, runId);
  if (first === undefined) return undefined;
  if (first === 'spoilt') return unknown(runId, `.drylane-${runId}`);
  if (first.ended !== undefined) return { runId, ...endOf(first, first.ended) };
  const ground = openSame(disk, first);
  if (ground === undefined) return unknown(runId, '.');
  try {
    await lockDirectory(ground.root, ground.workspace);
    // Whoever had the lock until now may have ended it.
    const journal = readJournal(stateDir, runId);
    if (journal === undefined || journal === 'spoilt') return unknown(runId, '.');
    if (journal.ended !== undefined) return { runId, ...endOf(journal, journal.ended) };
    return { runId, ...(await finish(ground, stateDir, journal)) };
  } finally {
    ground[Symbol.dispose]();
  }
}

/** How an apply ended, with nothing left that a person has to look at. */
function endOf({ planned }: ReadJournal, result: End): Omit<Recovered, 'runId'> {
  return { result, conflicts: [], merged: result === 'promoted' ? (planned?.merged ?? []) : [] };
}

const unknown = (runId: string, ...conflicts: readonly string[]): Recovered => ({
  ...{ runId, result: 'unknown', conflicts, merged: [] },
});

/** The workspace that an apply began in; undefined where another directory stands there, or none. */
function openSame(disk: Disk, { opened, stage }: ReadJournal): Ground | undefined {
  let ground: Ground;
  try {
    ground = new Ground(disk, opened.workspace);
  } catch {
    return undefined;
  }
  try {
    const { dev, ino } = disk.fstat(ground.root);
    // A device may have another number after a start of the machine; a stage of ours tells that it is the same.
    const isSame = ino === opened.ino && (dev === opened.dev || hasStage(ground, opened.stage, stage));
    if (isSame) return ground;
  } catch {
    // Then it is not known to be the same.
  }
  ground[Symbol.dispose]();
  return undefined;
}

function hasStage(ground: Ground, name: string, ino: bigint | undefined): boolean {
  const found = ground.look(ground.live, name);
  return found?.type === 'dir' && (ino === undefined || found.ino === ino);
}

async function finish(
  ground: Ground,
  stateDir: string,
  read: ReadJournal,
): Promise<Omit<Recovered, 'runId'>> {
  const { stage: stageName } = read.opened;
  const { effects, staged, held } = read.planned ?? { effects: [], staged: new Map(), held: [] };
  try {
    using journal = Journal.resume(ground.disk, stateDir, read);
    if (read.committed) {
      goForward({ ground, journal, stageName, effects });
      return endOf(read, 'promoted');
    }
    if (read.planned !== undefined && !hasStage(ground, stageName, read.stage)) {
      // Whoever looked at it took it away. Nothing is left to go back with.
      journal.append({ record: 'ended', result: 'unknown' });
      return { ...endOf(read, 'unknown'), conflicts: [stageName] };
    }
    using stage = read.planned === undefined ? undefined : new Stage(ground, stageName, read.stage);
    const conflicts = await goBack({ ground, journal, stage, stageName, effects, staged, held });
    return { ...endOf(read, conflicts.length > 0 ? 'unknown' : 'rolled-back'), conflicts };
  } catch {
    return { ...endOf(read, 'unknown'), conflicts: [stageName] };
  }
}

/** Takes the journal of an apply away, now that its end is known elsewhere; one that has something left to do stays. */
export async function forgetApply(stateDir: string, runId: string): Promise<void> {
  const journal = readJournal(stateDir, runId);
  if (journal === 'spoilt' || (journal !== undefined && journal.ended === undefined)) return;
  removeJournal(stateDir, runId);
}
