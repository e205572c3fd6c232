import { randomUUID } from 'node:crypto';
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { codeOf } from '../promote/ground.ts';
import { lockDirectory } from '../promote/lock.ts';
import { currentOwner, formatOwner, mayBeAlive, type Owner, parseOwner } from '../sandbox/owner.ts';

/**
 * Who holds leases: a process, under a name that nobody else ever has. Its directory is locked while it lives, which the
 * kernel sees to. So a worker that was killed in its container can be told from one that lives in another, where process
 * numbers mean nothing.
 */
export interface Holder extends Disposable {
  readonly id: string;
}

/** Becomes a holder, until it is disposed of or this process is dead. @throws DrylaneError `machine-unfit`. */
export async function becomeHolder(holders: string): Promise<Holder> {
  for (;;) {
    const id = `${formatOwner(currentOwner())}.${randomUUID().slice(0, 8)}`;
    const directory = join(holders, id);
    mkdirSync(directory, { mode: 0o700 });
    const fd = openDirectory(directory);
    if (fd === undefined) continue;
    const isOurs = await lockDirectory(fd, directory).then(
      () => existsSync(directory),
      (cause: unknown) => (isTaken(cause) ? false : cause),
    );
    if (isOurs === true) return holderOf(id, () => end(directory, fd));
    // Otherwise somebody looked whether we are dead before we had the lock, and took the name away.
    end(directory, fd);
    if (isOurs !== false) throw isOurs;
  }
}

/** Ends once: the descriptor's number may be somebody else's by then. */
function holderOf(id: string, end: () => void): Holder {
  let ended = false;
  const dispose = (): void => {
    if (!ended) end();
    ended = true;
  };
  return { id, [Symbol.dispose]: dispose };
}

function end(directory: string, fd: number): void {
  rmSync(directory, { recursive: true, force: true });
  closeSync(fd);
}

/** Whether a holder may still be alive, as far as that can be told without asking the kernel for its lock. */
export function mayHold(holders: string, id: string): boolean {
  const owner = ownerOf(id);
  return owner !== undefined && mayBeAlive(owner) && existsSync(join(holders, id));
}

/** Takes away the names of holders that are surely dead, those of other PID namespaces too. */
export async function forgetDeadHolders(holders: string, self: string): Promise<void> {
  const { namespace } = currentOwner();
  for (const id of readdirSync(holders)) {
    const directory = join(holders, id);
    const owner = ownerOf(id);
    if (owner === undefined || !mayBeAlive(owner)) rmSync(directory, { recursive: true, force: true });
    else if (id !== self && owner.namespace !== namespace) await forgetUnlocked(directory);
  }
}

/** Takes a name away whose lock nobody has, while having it: whoever is just about to lock it sees that it went. */
async function forgetUnlocked(directory: string): Promise<void> {
  const fd = openDirectory(directory);
  if (fd === undefined) return;
  try {
    await lockDirectory(fd, directory);
    rmSync(directory, { recursive: true, force: true });
  } catch (cause) {
    if (!isTaken(cause)) throw cause;
  } finally {
    closeSync(fd);
  }
}

function openDirectory(directory: string): number | undefined {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

const ownerOf = (id: string): Owner | undefined => parseOwner(id.slice(0, id.lastIndexOf('.')));

/** Whether somebody else has a lock, rather than that it could not be asked for. */
const isTaken = (cause: unknown): boolean => cause instanceof DrylaneError && cause.code === 'not-promotable';
