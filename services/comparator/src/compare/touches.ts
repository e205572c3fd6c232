import type { Change, ChangeKind, OutsideChange } from '@drylane/proto/evidence';
import {
  type CompiledPattern,
  decodePath,
  matchesPattern,
  type PathClass,
  type PathRules,
  pathRules,
} from '@drylane/proto/paths';
import type { Comparison } from './comparison.ts';

/** One path that was changed, in the workspace or outside it, and how it stands to what was allowed. */
export interface Touch {
  /** As evidence writes it: escaped, with a leading slash when outside. */
  readonly path: string;
  /** The bytes behind it, without a leading slash. */
  readonly bytes: Uint8Array;
  readonly kind: ChangeKind;
  readonly entries: number;
  readonly step: number | null;
  readonly outside: boolean;
  readonly class: PathClass;
  /** The pattern that forbids it, where one could be told. */
  readonly forbiddenBy: string | null;
}

/**
 * Every changed path with its class. The class that evidence recorded and the one that follows from the
 * patterns are both taken, and the worse of the two counts: neither side alone can make a path acceptable.
 */
export function touchesOf({ allowance, evidence }: Comparison): readonly Touch[] {
  const rules = pathRules(allowance.expectedWrites, allowance.forbiddenPaths);
  const inside = evidence.changes.map((change) => insideTouch(rules, change));
  const outside = evidence.outside.map((change) => outsideTouch(rules, change));
  return [...inside, ...withParentsExpected(outside)];
}

/** Whether a pattern means the path itself, or could mean something below it. */
export function reaches(
  pattern: CompiledPattern,
  { bytes, outside }: Pick<Touch, 'bytes' | 'outside'>,
): boolean {
  if (matchesPattern(pattern, bytes, outside)) return true;
  return pattern.segments.some((_, at) => {
    const beginning = { ...pattern, segments: pattern.segments.slice(0, at + 1), subtree: false };
    return matchesPattern(beginning, bytes, outside);
  });
}

function insideTouch(rules: PathRules, change: Change): Touch {
  const bytes = decodePath(change.path);
  const computed = standingOf(rules, bytes, false);
  const excused = computed.class === 'surprise' && isDirectoryForExpected(rules, change, bytes);
  return {
    path: change.path,
    bytes,
    kind: change.kind,
    entries: change.entries,
    step: change.step,
    outside: false,
    class: excused ? change.class : worse(change.class, computed.class),
    forbiddenBy: computed.forbiddenBy,
  };
}

/** A directory that was made for expected files, or stands for all below it, need not match a pattern itself. */
function isDirectoryForExpected(rules: PathRules, change: Change, bytes: Uint8Array): boolean {
  const standsForMore = change.entries > 1 || change.kind === 'added' || change.kind === 'type';
  if (change.type !== 'dir' || !standsForMore) return false;
  return rules.expected.some((pattern) => reaches(pattern, { bytes, outside: false }));
}

function worse(a: PathClass, b: PathClass): PathClass {
  if (a === 'forbidden' || b === 'forbidden') return 'forbidden';
  return a === 'surprise' || b === 'surprise' ? 'surprise' : 'expected';
}

function outsideTouch(rules: PathRules, change: OutsideChange): Touch {
  const bytes = decodePath(change.path.replace(/^\/+/, ''));
  return {
    path: change.path,
    bytes,
    kind: change.kind,
    entries: 1,
    step: null,
    outside: true,
    ...standingOf(rules, bytes, true),
  };
}

function withParentsExpected(touches: readonly Touch[]): readonly Touch[] {
  const parents = new Set<string>();
  for (const { path, class: standing } of touches) {
    if (standing !== 'expected') continue;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      parents.add(path.slice(0, at));
  }
  return touches.map((touch) =>
    touch.class === 'surprise' && touch.kind === 'added' && parents.has(touch.path)
      ? { ...touch, class: 'expected' }
      : touch,
  );
}

function standingOf(
  { expected, forbidden }: PathRules,
  bytes: Uint8Array,
  outside: boolean,
): Pick<Touch, 'class' | 'forbiddenBy'> {
  const means = (pattern: CompiledPattern): boolean => matchesPattern(pattern, bytes, outside);
  const by = forbidden.find(means);
  if (by !== undefined) return { class: 'forbidden', forbiddenBy: by.source };
  return { class: expected.some(means) ? 'expected' : 'surprise', forbiddenBy: null };
}
