import type { Watch } from '@drylane/chassis/redact/watch';
import type { Change, ChangeKind, FileState } from '@drylane/proto/evidence';
import type { PathRules } from '@drylane/proto/paths';
import type { WorkspaceView } from '../sandbox/sandbox.ts';
import { classify, type Item, LEAST_ADDED, LEAST_CROWDED, listed } from './arrange.ts';
import type { StepLookup } from './attribution.ts';
import { BUDGET } from './budget.ts';
import { type Difference, findDifferences } from './differences.ts';
import { type Fitted, fit } from './fit.ts';
import { pathOf } from './keys.ts';
import { countLines, createDiffer, type Differ, wholeHunk } from './lines.ts';
import { createPace } from './pace.ts';
import { MAX_PATCH_BYTES, MAX_PATCHES_BYTES, type Patch, patchOf } from './patch.ts';
import type { Spill } from './spill.ts';
import { findSpills } from './spills.ts';
import { type Content, createContentReader } from './states.ts';
import { type PathKey, Tree } from './tree.ts';
import { walk } from './walk.ts';

/** Takes the secrets out of a whole text: what is left, null when there are none, or that no part may be shown. */
export type Scrub = (text: Buffer) => Scrubbed | Promise<Scrubbed>;

type Scrubbed = Buffer | null | 'withhold';

/** What stands on each side of a path; null is nothing. */
export interface Sides {
  readonly before: FileState | null;
  readonly after: FileState | null;
}

/** What a rehearsal changed in the workspace. */
export interface ObservedChanges {
  /** Forbidden paths first, then surprises, then the rest; in each by the paths' bytes. */
  readonly changes: readonly Change[];
  /** One for each change, in the same order. */
  readonly patches: readonly Patch[];
  /** Credentials whose values were written to files. */
  readonly spills: readonly Spill[];
  /** False when something could not be read, or was too much to tell: then there may be more changes than these. */
  readonly complete: boolean;
  /** Every path that may have changed, also those that are reported as one or not at all. */
  readonly differences: readonly Difference[];
  /** What stands at those of them that were read to their end for the report. */
  readonly read: ReadonlyMap<PathKey, Sides>;
}

/**
 * Reads what a rehearsal changed, after all its processes are dead. Cost follows what the command touched, never
 * the size of the workspace. Entries of upper that are closed to their owner are made readable there.
 * Patches hold what `scrub` leaves of the contents; counts are those of the contents themselves. With a `watch`, what
 * was written is searched for credentials too. `now` is a clock, in milliseconds, for how long is compared.
 * @throws Node's system errors when lower or upper is not there at all, and whatever `view.names` throws.
 */
export async function observeChanges(
  view: WorkspaceView,
  rules: PathRules,
  attribution: StepLookup,
  scrub: Scrub,
  watch: Watch | null = null,
  now: () => number = () => performance.now(),
): Promise<ObservedChanges> {
  using lower = new Tree(view.lower);
  using upper = new Tree(view.upper, 'unlock');
  const written = await walk(upper, '', 'unlock');
  const differences = await findDifferences(lower, written, upper.root, view.names.bind(view));
  const list = differences.list.map((difference) => withRootOwner(difference, view));
  const read = new Map<PathKey, Sides>();
  const { items, whole } = itemsOf(list, rules);

  const describe = createDescriber(lower, upper, attribution, scrub, now);
  const pace = createPace();
  const changes: Change[] = [];
  const patches: Patch[] = [];
  let complete = differences.complete && whole;
  for (const item of items) {
    const described = await describe(item);
    complete &&= described.complete;
    if (described.complete) read.set(item.key, described.sides);
    if (described.change !== null) {
      changes.push(described.change);
      patches.push(described.patch);
    }
    await pace();
  }
  const found = watch === null ? null : await findSpills(upper, list, watch);
  complete &&= found?.complete ?? true;
  return { changes, patches, spills: found?.spills ?? [], complete, differences: list, read };
}

/** What is reported; where that is too much, with more directories as one, and then without what does not fit. */
function itemsOf(differences: readonly Difference[], rules: PathRules): Fitted {
  const classified = classify(differences, rules);
  const usual = fit(listed(classified, LEAST_ADDED));
  return usual.whole ? usual : fit(listed(classified, LEAST_CROWDED));
}

/** Where the view's root could not be given the workspace's owner, that it has another is nothing the command did. */
function withRootOwner(difference: Difference, { rootOwner }: WorkspaceView): Difference {
  if (rootOwner === undefined || difference.key !== '' || difference.op !== 'both') return difference;
  const { before, after } = difference;
  const uid = after.uid === rootOwner.uid ? before.uid : after.uid;
  const gid = after.gid === rootOwner.gid ? before.gid : after.gid;
  return { ...difference, after: { ...after, uid, gid } };
}

type Described = { readonly complete: boolean; readonly sides: Sides } & (
  | { readonly change: Change; readonly patch: Patch }
  | { readonly change: null }
);

/** Makes a function that reads both sides of an item; one for a rehearsal, because its budgets are for all items. */
function createDescriber(lower: Tree, upper: Tree, attribution: StepLookup, scrub: Scrub, now: () => number) {
  const read = createContentReader();
  const differ = createDiffer();
  let patchBytes = MAX_PATCHES_BYTES;
  let compareMs: number = BUDGET.comparedMs;
  return async (item: Item): Promise<Described> => {
    const before = item.before && (await read(lower, item.key, item.before, 'leave'));
    const after = item.after && (await read(upper, item.key, item.after, 'unlock'));
    const complete = (before?.complete ?? true) && (after?.complete ?? true);
    const sides = { before: before?.state ?? null, after: after?.state ?? null };
    const kind = kindOf(before, after, item.before?.rdev === item.after?.rdev);
    if (kind === null) return { complete, sides, change: null };
    const room = Math.min(MAX_PATCH_BYTES, patchBytes);
    const started = now();
    const texts = compareMs > 0 ? ([before, after] as const) : ([unseen(before), unseen(after)] as const);
    const lines = await compareScrubbed(texts, differ, room, scrub);
    compareMs -= now() - started;
    const change: Change = {
      path: pathOf(item.key),
      kind,
      type: (after ?? before)?.state.type ?? 'file',
      class: item.class,
      step: item.entries > 1 ? attribution.lastStepIn(item.key) : attribution.stepOf(item.key),
      ...sides,
      binary: Boolean(before?.binary || after?.binary),
      additions: item.entries > 1 ? null : lines.additions,
      deletions: item.entries > 1 ? null : lines.deletions,
      entries: item.entries,
    };
    const patch = patchOf(change, { ...lines, inside: item.inside }, room);
    patchBytes -= Buffer.byteLength(patch.text);
    return { complete, sides, change, patch };
  };
}

/**
 * Counts of two contents, and hunks of what is left of them when they are scrubbed: a hunk alone may show a secret
 * without what tells that it is one.
 */
async function compareScrubbed(
  [before, after]: readonly [Content | null, Content | null],
  differ: Differ,
  room: number,
  scrub: Scrub,
): Promise<ComparedLines> {
  const raw = await compareLines(before, after, differ, room);
  const clean = [await scrubbed(before, scrub), await scrubbed(after, scrub)] as const;
  if (clean[0] === before && clean[1] === after) return raw;
  if (clean[0] === 'withhold' || clean[1] === 'withhold') return { ...raw, hunks: null, cut: true };
  const { hunks, cut } = await compareLines(clean[0], clean[1], differ, room);
  return { ...raw, hunks, cut };
}

/** A content whose text nobody looks at any more. */
const unseen = (content: Content | null): Content | null => content && { ...content, bytes: null };

/** A content with its text scrubbed; the same one when there was nothing to scrub. */
async function scrubbed(content: Content | null, scrub: Scrub): Promise<Content | null | 'withhold'> {
  if (content === null || content.bytes === null || content.binary) return content;
  const bytes = await scrub(content.bytes);
  if (bytes === 'withhold') return bytes;
  return bytes === null ? content : { ...content, bytes };
}

/** How two contents differ, null when they do not. What could not be read whole counts as modified. */
function kindOf(before: Content | null, after: Content | null, sameDevice: boolean): ChangeKind | null {
  if (before === null || after === null) return before === null ? 'added' : 'deleted';
  const [a, b] = [before.state, after.state];
  if (a.type !== b.type) return 'type';
  const read = before.complete && after.complete;
  const device = a.type !== 'device' || sameDevice;
  if (!read || !device || a.sha256 !== b.sha256 || a.target !== b.target) return 'modified';
  return a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid ? 'mode' : null;
}

interface ComparedLines {
  readonly additions: number | null;
  readonly deletions: number | null;
  readonly hunks: string | null;
  readonly cut: boolean;
}

const NO_LINES: ComparedLines = { additions: null, deletions: null, hunks: null, cut: false };

/** Counts and hunks of two sides; a side that is absent has no lines, one that is not text has none to count. */
async function compareLines(
  before: Content | null,
  after: Content | null,
  differ: Differ,
  room: number,
): Promise<ComparedLines> {
  if (before?.binary || after?.binary) return NO_LINES;
  const [old, now] = [before?.bytes ?? null, after?.bytes ?? null];
  if (old !== null && now !== null) {
    if (old.equals(now)) return { additions: 0, deletions: 0, hunks: '', cut: false };
    const diff = await differ(old, now);
    return diff === null ? { ...NO_LINES, cut: true } : { ...diff, cut: false };
  }
  const files = [before, after].filter((side) => side?.state.type === 'file').length;
  const text = now ?? old;
  if (files === 2 || text === null) return { ...NO_LINES, cut: files > 0 };
  const cut = text.length > room;
  const lines = countLines(text);
  const [additions, deletions] =
    now === null ? [after === null ? 0 : null, lines] : [lines, before === null ? 0 : null];
  return { additions, deletions, hunks: wholeHunk(text, now === null ? '-' : '+', room), cut };
}
