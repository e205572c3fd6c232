import type { ChangeSet } from '@drylane/proto/change-set';
import { DrylaneError } from '@drylane/proto/errors';
import type { ChangeKind, FileState } from '@drylane/proto/evidence';
import { pathOf } from '../evidence/keys.ts';
import { joinKey, type PathKey } from '../evidence/tree.ts';
import { type Arrangement, arrange } from './arrange.ts';
import type { Drift, Stamp } from './effect.ts';
import { findRoots, type Rooted } from './roots.ts';
import { describe } from './words.ts';

/** What stands at one path of the live workspace. */
export type Live =
  | { readonly at: 'nothing' }
  /** The way there is gone, or leads through something that is no directory. */
  | { readonly at: 'unreachable' }
  /** Another file system, or another part of this one, is mounted there or on the way. */
  | { readonly at: 'mount' }
  | {
      readonly at: 'there';
      readonly state: FileState;
      readonly stamp: Stamp;
      /** What lies in a directory that is to go; null for anything else. */
      readonly names: readonly string[] | null;
    };

/** The live paths that a change set is about; those that are part of a new tree are not looked at. */
export type Snapshot = ReadonlyMap<PathKey, Live>;

/** What a change does to a path. */
export type Operation = ChangeKind;

/** What is there now, held against what the change was rehearsed on. */
export type Now =
  /** Nothing. For an addition, this is what it was rehearsed on. */
  | 'nothing'
  /** Exactly what the change was rehearsed on. */
  | 'base'
  /** Exactly what the change would make. */
  | 'wanted'
  /** The same kind of thing with other contents, another size or another target. */
  | 'content'
  /** The same contents with another mode or owner. */
  | 'attributes'
  /** Another kind of thing. */
  | 'type'
  /** A directory that is to go, with more in it than the rehearsal saw. */
  | 'extra'
  | 'unreachable'
  | 'mount';

/** What is to be done about it. `never` is what {@link nowOf} cannot answer for that operation. */
export type Answer = 'land' | 'merge' | 'drift' | 'never';

const ELSEWHERE = { unreachable: 'drift', mount: 'drift' } as const;
const OTHERWISE = { content: 'drift', attributes: 'drift', type: 'drift' } as const;

/** The whole decision: every operation with everything that can be there. Only one answer of each row lets it land. */
export const ANSWERS: Readonly<Record<Operation, Readonly<Record<Now, Answer>>>> = {
  added: { nothing: 'land', base: 'never', wanted: 'drift', extra: 'never', ...OTHERWISE, ...ELSEWHERE },
  modified: {
    ...{ nothing: 'drift', base: 'land', wanted: 'merge', extra: 'never' },
    ...{ ...OTHERWISE, content: 'merge' },
    ...ELSEWHERE,
  },
  deleted: { nothing: 'drift', base: 'land', wanted: 'never', extra: 'drift', ...OTHERWISE, ...ELSEWHERE },
  mode: { nothing: 'drift', base: 'land', wanted: 'drift', extra: 'never', ...OTHERWISE, ...ELSEWHERE },
  type: { nothing: 'drift', base: 'land', wanted: 'drift', extra: 'drift', ...OTHERWISE, ...ELSEWHERE },
};

/** What to do, in order; or why not. */
export type Plan =
  | ({ readonly result: 'land' } & Arrangement)
  | { readonly result: 'drifted'; readonly drifts: readonly Drift[] };

/**
 * Holds a change set against what stands in the workspace now: the effects that make it land, or every path that is not
 * as it was rehearsed on. With `merge`, texts that changed meanwhile are left to be merged.
 */
export function planPromotion(changeSet: ChangeSet, snapshot: Snapshot, merge: boolean): Plan {
  const rooted = findRoots(changeSet.entries);
  const children = childrenOf(rooted);
  const drifts: Drift[] = [];
  const merged = new Set<PathKey>();
  let lost: PathKey | null = null;
  for (const item of rooted.filter(({ within }) => within !== 'made')) {
    const live = liveAt(snapshot, item.key);
    const now = nowOf(item, live, children);
    const answer = answerFor(item, now, live, merge);
    // What lies in a directory that is not there any more is not worth a line of its own.
    const told = lost !== null && item.key.startsWith(`${lost}/`);
    if (answer === 'merge') merged.add(item.key);
    else if (answer === 'drift' && !told) drifts.push(...driftsOf(item, now, live, children));
    if (answer === 'drift' && !told && now !== 'extra' && now !== 'attributes') lost = item.key;
  }
  if (drifts.length > 0) return { result: 'drifted', drifts };
  const stamps = (key: PathKey): Stamp | undefined => {
    const live = snapshot.get(key);
    return live?.at === 'there' ? live.stamp : undefined;
  };
  return { result: 'land', ...arrange(rooted, stamps, merged) };
}

function answerFor({ entry }: Rooted, now: Now, live: Live, merge: boolean): 'land' | 'merge' | 'drift' {
  const answer = ANSWERS[entry.kind][now];
  if (answer === 'never') throw new DrylaneError('internal', IMPOSSIBLE);
  if (answer !== 'merge') return answer;
  return merge && isMergeable(entry.before, entry.after, live) ? 'merge' : 'drift';
}

const IMPOSSIBLE = {
  field: 'change set',
  message: 'a path is in a state that cannot be',
  mend: 'report it with the version of drylane',
};

/** Texts can be merged where nothing but the text changed meanwhile. */
function isMergeable(before: FileState | null, after: FileState | null, live: Live): boolean {
  if (live.at !== 'there' || before?.type !== 'file' || after?.type !== 'file') return false;
  return live.state.type === 'file' && hasSameAttributes(live.state, before);
}

const hasSameAttributes = (a: FileState, b: FileState): boolean =>
  a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;

const hasSameContent = (a: FileState, b: FileState): boolean =>
  a.size === b.size && a.sha256 === b.sha256 && a.target === b.target;

const isSame = (a: FileState, b: FileState): boolean =>
  a.type === b.type && hasSameContent(a, b) && hasSameAttributes(a, b);

type Children = ReadonlyMap<PathKey, ReadonlySet<PathKey>>;

/** What the rehearsal saw in each directory that is to go. */
function childrenOf(rooted: readonly Rooted[]): Children {
  const children = new Map<PathKey, Set<PathKey>>();
  for (const { key, within } of rooted) {
    if (within !== 'gone') continue;
    const parent = key.slice(0, key.lastIndexOf('/'));
    const names = children.get(parent) ?? new Set();
    children.set(parent, names.add(key));
  }
  return children;
}

/** How what is there now stands to what a change was rehearsed on, and to what it would make. */
export function nowOf({ key, entry: { before, after } }: Rooted, live: Live, children: Children): Now {
  if (live.at !== 'there') return live.at;
  const { state } = live;
  if (before !== null && isSame(state, before))
    return extrasOf(key, live, children).length > 0 ? 'extra' : 'base';
  if (after !== null && isSame(state, after)) return 'wanted';
  const like = before ?? after;
  if (state.type !== like?.type) return 'type';
  return hasSameContent(state, like) ? 'attributes' : 'content';
}

function extrasOf(key: PathKey, live: Live, children: Children): PathKey[] {
  if (live.at !== 'there') return [];
  const known = children.get(key);
  return (live.names ?? []).map((name) => joinKey(key, name)).filter((child) => known?.has(child) !== true);
}

function driftsOf({ key, entry }: Rooted, now: Now, live: Live, children: Children): Drift[] {
  const expected = describe(entry.before);
  if (now === 'extra')
    return extrasOf(key, live, children).map((extra) => ({
      path: pathOf(extra),
      expected: describe(null),
      found: 'something that the rehearsal did not see',
    }));
  return [{ path: entry.path, expected, found: foundWords(live) }];
}

function foundWords(live: Live): string {
  switch (live.at) {
    case 'nothing':
      return describe(null);
    case 'unreachable':
      return 'the directory that it lies in is not there';
    case 'mount':
      return 'something mounted there, or on the way';
    case 'there':
      return describe(live.state);
  }
}

function liveAt(snapshot: Snapshot, key: PathKey): Live {
  const live = snapshot.get(key);
  if (live === undefined) throw new DrylaneError('internal', IMPOSSIBLE);
  return live;
}
