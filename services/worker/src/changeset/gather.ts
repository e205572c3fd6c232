import { hash } from 'node:crypto';
import type { ChangeSetEntry } from '@drylane/proto/change-set';
import type { FileState, Unpromotable } from '@drylane/proto/evidence';
import { allowReading, BUDGET } from '../evidence/budget.ts';
import type { ObservedChanges } from '../evidence/changes.ts';
import { inPreorder } from '../evidence/classes.ts';
import type { Difference } from '../evidence/differences.ts';
import { pathOf } from '../evidence/keys.ts';
import { createPace } from '../evidence/pace.ts';
import { createContentReader, stateOf } from '../evidence/states.ts';
import { type Entry, type PathKey, Tree } from '../evidence/tree.ts';
import type { WorkspaceView } from '../sandbox/sandbox.ts';
import { entryOf, type Landing, type Stood, type TimeSpan } from './landing.ts';
import { followRemovals } from './members.ts';
import { whyUnpromotable } from './unpromotable.ts';

/** An entry of a change set, with what was seen at its path. */
export interface GatheredEntry {
  readonly key: PathKey;
  /** The sha256 of an added file may be null: it was not read yet. */
  readonly entry: ChangeSetEntry;
  readonly before: Entry | null;
  readonly after: Entry | null;
}

/** All that changed, path by path. */
export interface Gathered {
  /** In the change set's order. */
  readonly entries: readonly GatheredEntry[];
  readonly unpromotable: readonly Unpromotable[];
  /** Paths that are unpromotable and too many to be listed. */
  readonly unpromotableLeftOut: number;
  /** False when something could not be read: then there may be more than this. */
  readonly complete: boolean;
}

/** What is gathered of a rehearsal whose changes are not known whole. */
export const NOTHING: Gathered = { entries: [], unpromotable: [], unpromotableLeftOut: 0, complete: true };

const TOO_MANY = `more than ${BUDGET.landing} paths changed`;
const UNKNOWN = {
  'too-much': `what changed, with this, is more than ${BUDGET.readBytes / 2 ** 20} MiB to read`,
  'not-as-before': 'what stood there before cannot be read, or changed meanwhile',
} as const;

/**
 * Finds what a change set of these differences has to say, after all processes of the command are dead: reads what no
 * report needed, such as each file below a directory that is gone, but nothing that was read before, and no added
 * files: those are read once, when they are put into the layer.
 * @throws Node's system errors when lower or upper is not there at all.
 */
export async function gather(
  view: WorkspaceView,
  { differences, read }: Pick<ObservedChanges, 'differences' | 'read'>,
  span: TimeSpan,
): Promise<Gathered> {
  if (differences.length > BUDGET.landing)
    return { ...NOTHING, unpromotable: [{ path: '.', why: TOO_MANY }] };
  using lower = new Tree(view.lower);
  using upper = new Tree(view.upper, 'unlock');
  const look = createLooker(lower, upper, read);
  const goesWithAnother = followRemovals();
  const pace = createPace();
  const entries: GatheredEntry[] = [];
  const unpromotable: Unpromotable[] = [];
  let complete = true;
  for (const difference of inPreorder(differences)) {
    const { key, before, after } = difference;
    const landing = await look(difference);
    await pace();
    if (typeof landing === 'string') {
      if (landing === 'unread') complete = false;
      else unpromotable.push({ path: pathOf(key), why: UNKNOWN[landing] });
      if (landing === 'too-much') break;
      continue;
    }
    const entry = entryOf(landing, span);
    if (entry === undefined && !isOtherDevice(difference)) continue;
    const named = entry === undefined || !goesWithAnother(entry);
    const why = whyUnpromotable(landing, named);
    if (why !== null) unpromotable.push({ path: pathOf(key), why });
    if (entry !== undefined) entries.push({ key, entry, before, after });
  }
  const listed = unpromotable.slice(0, BUDGET.unpromotable);
  return {
    entries,
    unpromotable: listed,
    unpromotableLeftOut: unpromotable.length - listed.length,
    complete,
  };
}

/** Which device a device is stands in no change set: one for another looks like none. */
const isOtherDevice = ({ before, after }: Difference): boolean =>
  after?.type === 'device' && before?.rdev !== after.rdev;

/** Of a file without contents. */
const EMPTY_SHA256 = hash('sha256', '');

type Refusal = keyof typeof UNKNOWN | 'unread';

/** Makes a function that finds what stands on both sides; one for a rehearsal, because its budget is for all paths. */
function createLooker(lower: Tree, upper: Tree, read: ObservedChanges['read']) {
  const allowance = allowReading();
  const readContent = createContentReader(Number.POSITIVE_INFINITY, 0);
  const mayRead = (entry: Entry): boolean => entry.type !== 'file' || allowance.take(entry.size, entry.size);
  const lookBefore = async (key: PathKey, entry: Entry): Promise<FileState | Refusal> => {
    if (!mayRead(entry)) return 'too-much';
    const { complete, state } = await readContent(lower, key, entry, 'leave');
    return complete ? state : 'not-as-before';
  };
  const lookAfter = async (key: PathKey, entry: Entry, isAdded: boolean): Promise<FileState | Refusal> => {
    if (!mayRead(entry)) return 'too-much';
    // It is read when it is put into the layer.
    if (isAdded && entry.type === 'file') return stateOf(entry, entry.size === 0 ? EMPTY_SHA256 : null, null);
    const { complete, state } = await readContent(upper, key, entry, 'unlock');
    return complete ? state : 'unread';
  };
  return async ({ key, before, after }: Difference): Promise<Landing | Refusal> => {
    const known = read.get(key);
    const old = before && (known?.before ?? (await lookBefore(key, before)));
    if (typeof old === 'string') return old;
    const now = after && (known?.after ?? (await lookAfter(key, after, before === null)));
    if (typeof now === 'string') return now;
    return { key, before: stood(before, old), after: stood(after, now) };
  };
}

const stood = (entry: Entry | null, state: FileState | null): Stood | null =>
  entry && state && { state, entry };
