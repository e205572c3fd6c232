import { createHash, type Hash, hash } from 'node:crypto';
import { DrylaneError } from '@drylane/proto/errors';
import { decodePath } from '@drylane/proto/paths';
import { pathOf } from '../evidence/keys.ts';
import { createPace } from '../evidence/pace.ts';
import type { PathKey, Tree } from '../evidence/tree.ts';
import type { Made } from './arrange.ts';
import type { Attributes, Stamp } from './effect.ts';
import { type Ground, unfit } from './ground.ts';
import type { Journal } from './journal.ts';

/**
 * A directory of ours in the workspace's root, so that everything in it can be renamed into place: `new` holds what is
 * to land, `old` what was there. It is open to its owner alone.
 */
export class Stage implements Disposable {
  readonly name: string;
  readonly made: Tree;
  readonly kept: Tree;

  /** @throws DrylaneError `not-promotable` where the directory by that name has another inode. */
  constructor(ground: Ground, name: string, ino: bigint | undefined) {
    using stage = ground.open(name);
    if (ground.stampOf(stage.directory('')).ino !== ino) throw otherStage(name);
    this.name = name;
    this.made = ground.open('new', stage.directory(''));
    try {
      this.kept = ground.open('old', stage.directory(''));
    } catch (cause) {
      this.made[Symbol.dispose]();
      throw cause;
    }
  }

  [Symbol.dispose](): void {
    this.made[Symbol.dispose]();
    this.kept[Symbol.dispose]();
  }
}

/** Nobody else can make a directory that is this user's and closed to others. */
const isOwn = ({ uid, mode }: Stamp): boolean => uid === process.geteuid?.() && (mode & 0o077) === 0;

const otherStage = (name: string): DrylaneError =>
  new DrylaneError('not-promotable', {
    field: name,
    message: 'somebody put another directory in its place',
    mend: 'see who writes in the workspace, and try again',
  });

/** The stage's name for a run. */
export const stageName = (runId: string): string => `.drylane-${runId}`;

/**
 * Makes an empty stage, where nothing stands by its name. Whoever may write in the workspace can put another directory
 * in its place: one that is empty here is told to the journal, and no other is ever taken for it.
 */
export function makeStage(ground: Ground, name: string, journal: Journal): Stage {
  const { disk, live } = ground;
  disk.mkdir(live.at(name), 0o700);
  using stage = ground.open(name);
  if (stage.list('').length > 0 || !isOwn(ground.stampOf(stage.directory('')))) throw otherStage(name);
  journal.append({ record: 'stage', ino: ground.stampOf(stage.directory('')).ino });
  disk.mkdir(stage.at('new'), 0o700);
  disk.mkdir(stage.at('old'), 0o700);
  return new Stage(ground, name, journal.stage);
}

/** Things made in a stage, one after another. */
export interface Builder {
  /** Makes everything that has no contents: directories, open to us until they are full, and links. */
  frame(made: readonly Made[]): Promise<void>;
  /** Makes a file, and holds its contents against their size and sha256; `null` takes whatever comes. */
  file(item: Made, content: Contents, expected: Expected | null): Promise<void>;
  /** Takes a file away again, to make another at its place. */
  drop(item: Made): void;
  /** Gives the directories their owners, modes and times, now that they are full. */
  close(made: readonly Made[]): Promise<void>;
  /** Everything that was made, to be known again. */
  readonly staged: Map<PathKey, Stamp>;
}

type Contents = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

interface Expected {
  readonly size: number;
  readonly sha256: string;
}

/** Makes a {@link Builder}; with `durable`, every file is on the disk before the next one is begun. */
export function createBuilder(ground: Ground, { made: tree }: Stage, durable: boolean): Builder {
  const { disk } = ground;
  const staged = new Map<PathKey, Stamp>();
  const pace = createPace();

  function link({ key, at, state, become }: Made): void {
    disk.symlink(decodePath(state.target ?? ''), tree.at(at));
    const fresh = known(key, ground.look(tree, at));
    if (fresh.uid !== become.uid || fresh.gid !== become.gid)
      disk.lchown(tree.at(at), become.uid, become.gid);
    if (become.mtimeNs !== null) disk.lutimes(tree.at(at), become.mtimeNs);
    staged.set(at, known(key, ground.look(tree, at)));
  }

  function directory({ key, at, become }: Made): void {
    // A directory without the owner's rights cannot be renamed into place by its owner; see `place`.
    const mode = at.includes('/') ? become.mode : become.mode | 0o700;
    const fd = ground.grasp(tree, at);
    try {
      staged.set(at, setAttributes(ground, fd, key, { ...become, mode }));
    } finally {
      disk.close(fd);
    }
  }

  return {
    staged,
    async frame(made) {
      for (const item of made) {
        await attempt(item.key, () => {
          if (item.state.type === 'dir') disk.mkdir(tree.at(item.at), 0o700);
          else if (item.state.type === 'symlink') link(item);
        });
        await pace();
      }
    },
    async file(item, content, expected) {
      await attempt(item.key, async () => {
        const fd = disk.create(tree.at(item.at));
        try {
          await fill(ground, fd, item.key, content, expected);
          staged.set(item.at, setFileAttributes(ground, fd, item));
          if (durable) disk.fsync(fd);
        } finally {
          disk.close(fd);
        }
      });
      await pace();
    },
    drop(item) {
      disk.unlink(tree.at(item.at));
    },
    async close(made) {
      for (const item of made.toReversed()) {
        if (item.state.type !== 'dir') continue;
        await attempt(item.key, () => directory(item));
        await pace();
      }
    },
  };
}

async function attempt(key: PathKey, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw unfit(key, cause);
  }
}

async function fill(
  { disk }: Ground,
  fd: number,
  key: PathKey,
  content: Contents,
  expected: Expected | null,
): Promise<void> {
  const sum = createSum(expected);
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (expected !== null && size > expected.size) throw otherBytes(key);
    sum.update(chunk);
    for (let done = 0; done < chunk.length; ) done += disk.write(fd, chunk, done);
  }
  if (!sum.isRight()) throw otherBytes(key);
}

/** Sums up contents; a small file comes in one piece, and then nothing has to be kept from piece to piece. */
function createSum(expected: Expected | null) {
  let sum: Hash | undefined;
  let whole: string | undefined;
  return {
    update(chunk: Uint8Array): void {
      if (expected === null || chunk.length === 0) return;
      if (sum === undefined && chunk.length === expected.size) whole = hash('sha256', chunk);
      else sum = (sum ?? createHash('sha256')).update(chunk);
    },
    isRight: (): boolean =>
      expected === null || (whole ?? (sum ?? createHash('sha256')).digest('hex')) === expected.sha256,
  };
}

const otherBytes = (key: PathKey): DrylaneError =>
  new DrylaneError('internal', {
    field: pathOf(key),
    message: 'the layer holds other contents than the change set says',
    mend: 'rehearse again, and check the disk',
  });

/** Owner, mode and time of a new file of ours, without a call more than is needed: there may be thousands. */
function setFileAttributes(ground: Ground, fd: number, { key, become }: Made): Stamp {
  const { disk } = ground;
  const fresh = ground.stampOf(fd);
  const owned = fresh.uid === become.uid && fresh.gid === become.gid;
  if (!owned) disk.fchown(fd, become.uid, become.gid);
  disk.fchmod(fd, become.mode);
  if (become.mtimeNs !== null) disk.futimes(fd, become.mtimeNs);
  if (owned && become.mtimeNs === null && (become.mode & 0o7000) === 0)
    return { ...fresh, mode: become.mode };
  return held(key, ground.stampOf(fd), become);
}

/**
 * Gives what is grasped an owner, a mode and a time: the owner first, because that takes set-id bits away.
 * @throws Node's system errors, and DrylaneError `machine-unfit` where the system says yes and does not do it.
 */
export function setAttributes(ground: Ground, fd: number, key: PathKey, become: Attributes): Stamp {
  const { disk } = ground;
  const path = Buffer.from(`/proc/self/fd/${fd}`);
  const { uid, gid } = ground.stampOf(fd);
  if (uid !== become.uid || gid !== become.gid) disk.chown(path, become.uid, become.gid);
  disk.chmod(path, become.mode);
  if (become.mtimeNs !== null) disk.utimes(path, become.mtimeNs);
  return held(key, ground.stampOf(fd), become);
}

/** chmod(2) silently drops a set-group-id bit where the group is not the caller's. */
function held(key: PathKey, stamp: Stamp, { mode, uid, gid }: Attributes): Stamp {
  if (stamp.mode === mode && stamp.uid === uid && stamp.gid === gid) return stamp;
  throw new DrylaneError('machine-unfit', {
    field: pathOf(key),
    message: 'the system does not keep its owner or mode',
    mend: 'apply as the owner of the workspace, or as root',
  });
}

function known(key: PathKey, stamp: Stamp | undefined): Stamp {
  if (stamp !== undefined) return stamp;
  throw unfit(key, Object.assign(new Error('ENOENT: it was taken away'), { code: 'ENOENT' }));
}
