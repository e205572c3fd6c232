import { release } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Change } from '@drylane/proto/evidence';
import { BUDGET } from './budget.ts';
import { keyOfPath } from './keys.ts';
import { createPace } from './pace.ts';
import { type Entry, joinKey, type PathKey, parentOf, Tree } from './tree.ts';
import { type Walk, walk } from './walk.ts';

/** Which step touched a path. */
export interface StepLookup {
  /**
   * The last step that touched a path's entry in upper. For a path that has none, because a directory above it
   * was removed or replaced, the step that did that. Null where it cannot be told.
   */
  stepOf(key: PathKey): number | null;
  /** The last step that touched a path or anything below it. */
  lastStepIn(key: PathKey): number | null;
  /** All paths whose entry a step touched, whoever touched them later. */
  touchedBy(step: number): readonly PathKey[];
}

/** Attributes changes of upper to steps, by looking at it at each step's end. */
export interface Attribution extends StepLookup {
  /**
   * Notes what differs from the last boundary as the work of `step`. The command's shell waits meanwhile, so call
   * it before the step's end is acknowledged, and once more when the command has ended.
   */
  boundary(step: number): Promise<void>;
}

interface Seen {
  /** Null once the entry is gone. */
  entry: Entry | null;
  /** The last step that touched it. */
  step: number | null;
  /** The step that made it what it is now: removed, or another object than before. */
  born: number | null;
  round: number;
}

/** Entries looked at for one rehearsal; past it steps are not told, so that many steps over many files end. */
const MAX_LOOKS = 2_000_000;

/**
 * Makes an attribution for an upper directory in which nothing was written yet. `settleMs` is how long a time
 * stamp of the kernel may stand still: two writes within it would look like one.
 */
export function createAttribution(upper: Buffer, settleMs: number = timestampMs(release())): Attribution {
  const seen = new Map<PathKey, Seen>([['', { entry: rootOf(upper), step: null, born: null, round: 0 }]]);
  const touched = new Map<number, PathKey[]>();
  const blind = new Set<PathKey>();
  let round = 0;
  let looks = 0;
  let latest: ReadonlyMap<PathKey, number> | undefined;

  async function boundary(step: number): Promise<void> {
    if (looks > MAX_LOOKS) return;
    await setTimeout(settleMs);
    using tree = new Tree(upper);
    const found = await walk(tree, '', 'leave');
    looks += seen.size;
    latest = undefined;
    round += 1;
    for (const [key, code] of found.unread) if (code !== 'ENOENT') blind.add(key);
    const keys = await noteFound({ seen, round, step }, found, tree.root);
    touched.set(step, [...(touched.get(step) ?? []), ...keys, ...noteGone({ seen, round, step })]);
  }

  const isBlind = (key: PathKey): boolean =>
    looks > MAX_LOOKS || (blind.size > 0 && [key, ...ancestors(key)].some((k) => blind.has(k)));

  function stepOf(key: PathKey): number | null {
    if (isBlind(key)) return null;
    const own = seen.get(key);
    if (own !== undefined) return own.step;
    for (const above of ancestors(key)) {
      const at = seen.get(above);
      if (at !== undefined) return at.born;
    }
    return null;
  }

  function lastStepIn(key: PathKey): number | null {
    latest ??= latestSteps(seen);
    return isBlind(key) ? null : (latest.get(key) ?? stepOf(key));
  }

  return { boundary, stepOf, lastStepIn, touchedBy: (step) => touched.get(step) ?? [] };
}

function rootOf(upper: Buffer): Entry {
  using tree = new Tree(upper);
  return tree.root;
}

/** From 6.13 on the kernel's time stamps are as fine as they have to be; before, they follow the timer tick. */
export function timestampMs(kernel: string): number {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat);
  return major > 6 || (major === 6 && minor >= 13) ? 0 : 10;
}

interface Round {
  readonly seen: Map<PathKey, Seen>;
  readonly round: number;
  readonly step: number;
}

async function noteFound(at: Round, found: Walk, root: Entry): Promise<PathKey[]> {
  const pace = createPace();
  const touched = noteEntry(at, '', root) ? [''] : [];
  for (const [directory, entries] of found.directories)
    for (const [name, entry] of entries) {
      const key = joinKey(directory, name);
      if (noteEntry(at, key, entry)) touched.push(key);
      await pace();
    }
  return touched;
}

/** Notes one entry, and tells whether the step touched it. */
function noteEntry({ seen, round, step }: Round, key: PathKey, entry: Entry): boolean {
  const known = seen.get(key);
  if (known === undefined) {
    seen.set(key, { entry, step, born: step, round });
    return true;
  }
  known.round = round;
  if (known.entry !== null && sameEntry(known.entry, entry)) return false;
  // What stands where a removed name was does not undo that what was there before went with it.
  if (known.entry?.ino !== entry.ino && !known.entry?.whiteout) known.born = step;
  known.entry = entry;
  known.step = step;
  return true;
}

/** Notes the entries that are no longer there, and tells which of them the step took away. */
function noteGone({ seen, round, step }: Round): PathKey[] {
  const gone: PathKey[] = [];
  for (const [key, known] of seen) {
    if (known.entry === null || known.round === round) continue;
    // A whiteout goes when its whole directory does; the name it stood for was gone already.
    if (!known.entry.whiteout) {
      known.step = step;
      known.born = step;
      gone.push(key);
    }
    known.entry = null;
  }
  return gone;
}

/** A directory's times tell of its names, which have entries of their own; all whiteouts are links of one inode. */
function sameEntry(a: Entry, b: Entry): boolean {
  if (a.whiteout || b.whiteout) return a.whiteout === b.whiteout;
  const same =
    a.type === b.type && a.ino === b.ino && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
  return (
    same && (a.type === 'dir' || (a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs))
  );
}

function ancestors(key: PathKey): PathKey[] {
  const above: PathKey[] = [];
  for (let at = key; at !== ''; ) {
    at = parentOf(at);
    above.push(at);
  }
  return above;
}

/** For each path the last step that touched it or anything below it. */
function latestSteps(seen: ReadonlyMap<PathKey, Seen>): ReadonlyMap<PathKey, number> {
  const latest = new Map<PathKey, number>();
  for (const [key, { step }] of seen) {
    if (step === null) continue;
    for (let at = key; (latest.get(at) ?? -1) < step; at = parentOf(at)) latest.set(at, step);
  }
  return latest;
}

/**
 * Makes a function that lists the reported paths which a step touched, in the order of `changes`; a collapsed directory
 * stands for its inside. All steps together list no more than `limits` has room for, as many steps may each touch
 * every file. Each change names its own step in any case.
 */
export function pathsOfSteps(
  changes: readonly Change[],
  steps: StepLookup,
  limits: { readonly stepPaths: number; readonly stepPathBytes: number } = BUDGET,
): (step: number) => string[] {
  const reported = new Map(changes.map((change) => [keyOfPath(change.path), change]));
  const collapsed = collapsedAbove(reported);
  let paths = limits.stepPaths;
  let bytes = limits.stepPathBytes;
  return (step) => {
    const hit = new Set(changes.filter((change) => change.step === step));
    for (const key of steps.touchedBy(step)) {
      const above = reported.get(key) ?? collapsed(key);
      if (above !== undefined) hit.add(above);
    }
    const listed: string[] = [];
    for (const change of changes) {
      if (!hit.has(change)) continue;
      paths -= 1;
      bytes -= Buffer.byteLength(change.path);
      if (paths < 0 || bytes < 0) break;
      listed.push(change.path);
    }
    return listed;
  };
}

/** Finds the collapsed directory that a path lies in; only where one can end is looked, for paths may be long. */
function collapsedAbove(reported: ReadonlyMap<PathKey, Change>): (key: PathKey) => Change | undefined {
  const directories = new Map([...reported].filter(([, change]) => change.entries > 1));
  const lengths = [...new Set([...directories.keys()].map((key) => key.length))].sort((a, b) => b - a);
  return (key) => {
    for (const length of lengths) {
      if (key[length] !== '/') continue;
      const change = directories.get(key.slice(0, length));
      if (change !== undefined) return change;
    }
    return undefined;
  };
}
