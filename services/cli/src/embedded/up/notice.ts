import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AbsolutePath } from '@drylane/proto/envelope';
import { RISK_LEVELS } from '@drylane/proto/risk';
import { isVisible, mayBeAlive, parseOwner } from '@drylane/worker/sandbox/owner';
import { z } from 'zod';

/** What a `drylane up` that runs says of itself to the command lines of its user. */
export const Notice = z.strictObject({
  version: z.literal(1),
  url: z.string().regex(/^http:\/\/127\.0\.0\.1:[1-9]\d{0,4}$/),
  token_file: AbsolutePath,
  pid: z.int(),
  /** Its process, for good: another one of the same number is another one. */
  owner: z.string(),
  /** False from when it is told to end: what runs is finished, and nothing new is taken. */
  taking: z.boolean(),
  /** Directories that workspaces may lie in, as real paths. */
  roots: z.array(AbsolutePath),
  /** From which risk on its policy wants a person before anything lands. */
  live_from: z.enum([...RISK_LEVELS, 'never']),
});
export type Notice = Readonly<z.infer<typeof Notice>>;

/** Where a `drylane up` keeps what it says of itself, and its token. */
export const upIn = (stateDir: string): string => join(stateDir, 'up');
export const noticeFile = (stateDir: string): string => join(upIn(stateDir), 'up.json');
export const tokenFile = (stateDir: string): string => join(upIn(stateDir), 'token');

const MAX_BYTES = 64 * 1024;

/**
 * What the `drylane up` of a state directory says of itself, if one of this user lives. What belongs to somebody else, or
 * others could have written, or is of a dead process, is as if it were not there.
 */
export function noticeIn(stateDir: string, user = process.geteuid?.()): Notice | undefined {
  const notice = Notice.safeParse(documentIn(noticeFile(stateDir), user));
  return notice.success && isAlive(notice.data) ? notice.data : undefined;
}

/**
 * Whether the same `drylane up` still says so. As long as it does it has its port: then what answered there in between was
 * nobody else.
 */
export function isSaidStill(stateDir: string, { url, owner }: Notice): boolean {
  const now = noticeIn(stateDir);
  return now !== undefined && now.url === url && now.owner === owner;
}

/** One whose life cannot be looked up is none: it would be in another container, and its port is, too. */
function isAlive({ owner: text }: Notice): boolean {
  const owner = parseOwner(text);
  return owner !== undefined && isVisible(owner) && mayBeAlive(owner);
}

function documentIn(file: string, user: number | undefined): unknown {
  try {
    return JSON.parse(ownText(file, user) ?? '');
  } catch {
    return undefined;
  }
}

/** The text of a file that belongs to a user, this one, and is closed to all others; undefined for any other. */
export function ownText(file: string, user = process.geteuid?.()): string | undefined {
  let fd: number;
  try {
    // A link leads elsewhere, and a pipe would be waited for.
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const { mode, uid, size } = fstatSync(fd);
    const isOwn = (mode & constants.S_IFMT) === constants.S_IFREG && uid === user;
    return isOwn && (mode & 0o077) === 0 && size <= MAX_BYTES ? readFileSync(fd, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
