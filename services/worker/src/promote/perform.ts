import { pathOf } from '../evidence/keys.ts';
import type { PathKey, Tree } from '../evidence/tree.ts';
import type { Drift, Effect, Staged, Stamp } from './effect.ts';
import { codeOf, type Ground } from './ground.ts';
import { type Stage, setAttributes } from './stage.ts';

/** Codes with which a file system says that it knows no second names, or not this one. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK']);

/**
 * Does one effect. What stands there is looked at again right before; a drift means that nothing was done.
 * @throws Node's system errors.
 */
export function perform(ground: Ground, stage: Stage, effect: Effect): Drift | undefined {
  switch (effect.do) {
    case 'stash':
      return stash(ground, stage, effect);
    case 'place':
      return place(ground, stage, effect);
    case 'replace':
      return replace(ground, stage, effect);
    case 'attributes':
      return attributes(ground, effect);
    case 'times':
      return times(ground, effect);
  }
}

/** One kind of effect. */
export type Of<Name extends Effect['do']> = Extract<Effect, { readonly do: Name }>;

function stash(ground: Ground, stage: Stage, { key, n, was }: Of<'stash'>): Drift | undefined {
  const { disk, live } = ground;
  if (!isUntouched(ground.look(live, key), was)) return changed(key);
  disk.rename(live.at(key), stage.kept.at(`${n}`));
  // Whoever was quicker than the rename has it here, and gets it back.
  return ground.look(stage.kept, `${n}`)?.ino === was.ino ? undefined : changed(key);
}

function place(ground: Ground, stage: Stage, { key, n, type, become }: Of<'place'>): Drift | undefined {
  const { disk, live } = ground;
  const from = stage.made.at(`${n}`);
  if (type !== 'dir') return linkInto(ground, from, key) ? undefined : appeared(key);
  if (ground.look(live, key) !== undefined) return appeared(key);
  // By what was ours before the rename: its new name may be another's by now.
  return withGrasp(ground, stage.made, `${n}`, (fd) => {
    disk.rename(from, live.at(key));
    if ((become.mode & 0o700) !== 0o700) setAttributes(ground, fd, key, { ...become, mtimeNs: null });
    return undefined;
  });
}

/** Gives a staged file or link its name in the workspace; false where one stands there already. */
export function linkInto(ground: Ground, from: Buffer, key: PathKey): boolean {
  const { disk, live } = ground;
  try {
    disk.link(from, live.at(key));
    return true;
  } catch (cause) {
    const code = codeOf(cause) ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code)) throw cause;
  }
  if (ground.look(live, key) !== undefined) return false;
  disk.rename(from, live.at(key));
  return true;
}

function replace(ground: Ground, stage: Stage, { key, n, was }: Of<'replace'>): Drift | undefined {
  const { disk, live } = ground;
  if (!isUntouched(ground.look(live, key), was)) return changed(key);
  const old = stage.kept.at(`${n}`);
  try {
    disk.link(live.at(key), old);
  } catch (cause) {
    if (!NO_LINKS.has(codeOf(cause) ?? '')) throw cause;
    // Then it has to go before the new one can come, as with a directory.
    disk.rename(live.at(key), old);
    if (!isSameFile(ground.look(stage.kept, `${n}`), was)) return changed(key);
    return linkInto(ground, stage.made.at(`${n}`), key) ? undefined : appeared(key);
  }
  // Whoever was quicker than the link has it in `old`: that is found before the commit, and put back.
  disk.rename(stage.made.at(`${n}`), live.at(key));
  return undefined;
}

function attributes(ground: Ground, { key, was, become }: Of<'attributes'>): Drift | undefined {
  return withGrasp(ground, ground.live, key, (fd) => {
    const stamp = ground.stampOf(fd);
    const same = was.type === 'dir' ? isSameDirectory(stamp, was) : isUntouched(stamp, was);
    if (!same) return changed(key);
    setAttributes(ground, fd, key, become);
    return undefined;
  });
}

function times(ground: Ground, { key, was, mtimeNs }: Of<'times'>): Drift | undefined {
  return withGrasp(ground, ground.live, key, (fd) => {
    const stamp = ground.stampOf(fd);
    const written = was.type !== 'dir' && (stamp.size !== was.size || stamp.mtimeNs !== was.mtimeNs);
    if (stamp.ino !== was.ino || written) return changed(key);
    ground.disk.utimes(Buffer.from(`/proc/self/fd/${fd}`), mtimeNs);
    return undefined;
  });
}

/** Makes a directory its owner's to read, change and move. */
export function openUp(ground: Ground, tree: Tree, key: PathKey): void {
  withGrasp(ground, tree, key, (fd) => {
    const { mode } = ground.stampOf(fd);
    if ((mode & 0o700) !== 0o700) ground.disk.chmod(Buffer.from(`/proc/self/fd/${fd}`), mode | 0o700);
  });
}

/** Does something with whatever stands at a path, by a descriptor that no swap of the path can change. */
export function withGrasp<T>(ground: Ground, tree: Tree, key: PathKey, work: (fd: number) => T): T {
  const fd = ground.grasp(tree, key);
  try {
    return work(fd);
  } finally {
    ground.disk.close(fd);
  }
}

/** Whether it is the same entry with the same contents, as far as times and sizes tell. */
export function isSameFile(found: Stamp | undefined, was: Stamp): boolean {
  return (
    found?.ino === was.ino &&
    found.type === was.type &&
    found.size === was.size &&
    found.mtimeNs === was.mtimeNs &&
    found.mode === was.mode &&
    found.uid === was.uid &&
    found.gid === was.gid
  );
}

/** Whether nobody did anything to it. Of what has several names, one may have been touched by another of our effects. */
export function isUntouched(found: Stamp | undefined, was: Stamp): boolean {
  if (!isSameFile(found, was)) return false;
  return was.type === 'dir' || was.nlink > 1 ? true : found?.ctimeNs === was.ctimeNs && found.nlink === 1;
}

/** Directories whose contents are our business too: their times and sizes are ours to change. */
function isSameDirectory(found: Stamp, was: Stamp): boolean {
  const { ino, type, mode, uid, gid } = found;
  return ino === was.ino && type === was.type && mode === was.mode && uid === was.uid && gid === was.gid;
}

/** Whether it is what was staged, as it was staged. */
export function isStaged(found: Stamp | undefined, staged: Staged, at: PathKey): boolean {
  const made = staged.get(at);
  if (made === undefined || found?.ino !== made.ino || found.type !== made.type) return false;
  return made.type === 'dir' || (found.size === made.size && found.mtimeNs === made.mtimeNs);
}

const changed = (key: PathKey): Drift => ({
  path: pathOf(key),
  expected: 'what was there when the promotion began',
  found: 'something that changed since then',
});

const appeared = (key: PathKey): Drift => ({
  path: pathOf(key),
  expected: 'nothing',
  found: 'something that appeared since the promotion began',
});
