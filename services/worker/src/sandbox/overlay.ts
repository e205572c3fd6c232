import { spawn } from 'node:child_process';
import { chmod, chown, constants, mkdir, open, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { encodePath } from '@drylane/proto/paths';

/** What to lay over a workspace. */
export interface OverlayRequest {
  /** The workspace's path; whatever characters it has. */
  readonly lower: string;
  /** The workspace held open as a directory, if it is already; the caller closes it. */
  readonly lowerFd?: number;
  /** A directory of this rehearsal alone; the mounts go into it, at `tmpfs` and at `merged`. */
  readonly dir: string;
  /** Bytes that may be written before writing fails. */
  readonly sizeBytes: number;
  /** Owner and permissions of the workspace's root, for the root of the view. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Where the mounted parts are, on this host. */
export interface MountedOverlay {
  readonly upper: string;
  readonly merged: string;
}

/** A file without content takes no byte of the size, but still takes memory: about a kilobyte. */
const BYTES_PER_INODE = 2048;
const INODES = { least: 16_384, most: 1_000_000 };

// Upper has to be complete in itself: no renamed directory by reference, no file by its attributes alone.
const OVERLAY_OPTIONS =
  'lowerdir=/proc/self/fd/3,upperdir=tmpfs/upper,workdir=tmpfs/work,' +
  'redirect_dir=off,metacopy=off,index=off,xino=off,nosuid,nodev';

const TOOL_TIMEOUT_MS = 30_000;
const MAX_MOUNTS_THERE = 16;

/**
 * Mounts a copy-on-write view of a workspace: a size-limited tmpfs at `dir/tmpfs`, and over it the overlay at
 * `dir/merged`. The workspace itself is never written. On an error nothing stays mounted.
 * @throws DrylaneError `machine-unfit` without a mount program, `sandbox-failed` when the kernel refuses.
 */
export function mountOverlay(request: OverlayRequest): Promise<MountedOverlay> {
  const { dir, sizeBytes } = request;
  return orNothing(dir, async () => {
    await mountRoom(dir, sizeBytes);
    return await mountView(request);
  });
}

/**
 * The part of {@link mountOverlay} that can be done before anybody knows the workspace: the tmpfs, and `dir/merged` as a
 * mount of its own, which hands on to every copy of it what is mounted on it later (mount_namespaces(7), shared).
 */
export function mountStage(dir: string, sizeBytes: number): Promise<void> {
  return orNothing(dir, async () => {
    await mountRoom(dir, sizeBytes);
    await runTool('mount', ['-i', '-n', '--bind', '--make-shared', 'merged', 'merged'], dir);
  });
}

/** The other part: lays the view over `dir/merged`, whoever holds a copy of it. */
export function mountOnStage(request: Omit<OverlayRequest, 'sizeBytes'>): Promise<MountedOverlay> {
  return orNothing(request.dir, () => mountView(request));
}

async function orNothing<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    await unmountOverlay(dir);
    throw cause;
  }
}

async function mountRoom(dir: string, sizeBytes: number): Promise<void> {
  const tmpfs = join(dir, 'tmpfs');
  await Promise.all([tmpfs, join(dir, 'merged')].map((path) => mkdir(path, { recursive: true })));
  await runTool('mount', ['-i', '-n', '-t', 'tmpfs', '-o', tmpfsOptions(sizeBytes), 'tmpfs', 'tmpfs'], dir);
  await Promise.all(['upper', 'work'].map((name) => mkdir(join(tmpfs, name))));
}

async function mountView(request: Omit<OverlayRequest, 'sizeBytes'>): Promise<MountedOverlay> {
  const { dir, uid, gid, mode } = request;
  const upper = join(dir, 'tmpfs', 'upper');
  const held = request.lowerFd === undefined ? await openDirectory(request.lower) : undefined;
  try {
    await chown(upper, uid, gid);
    // After chown, which takes set-id bits away; and not by mkdir, which the umask thins out.
    await chmod(upper, mode);
    // The workspace is named by a descriptor: a path with a comma, a colon or a backslash cannot become an option.
    const lower = request.lowerFd ?? held?.fd;
    await runTool(
      'mount',
      ['-i', '-n', '-t', 'overlay', '-o', OVERLAY_OPTIONS, 'overlay', 'merged'],
      dir,
      lower,
    );
    return { upper, merged: join(dir, 'merged') };
  } finally {
    await held?.close();
  }
}

function tmpfsOptions(sizeBytes: number): string {
  const inodes = Math.min(INODES.most, Math.max(INODES.least, Math.floor(sizeBytes / BYTES_PER_INODE)));
  return `size=${sizeBytes},nr_inodes=${inodes},mode=0700,nosuid,nodev`;
}

async function openDirectory(path: string) {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch((cause: unknown) => {
    throw new DrylaneError(
      'sandbox-failed',
      {
        field: 'workspace',
        message: `cannot be opened: ${path}`,
        mend: 'see that it exists and can be read',
      },
      { cause },
    );
  });
}

/** Takes every mount below a directory away, at once even where a process still holds one. Safe to call again. */
export async function unmountOverlay(dir: string): Promise<void> {
  for (let rounds = 0; rounds < MAX_MOUNTS_THERE; rounds++) {
    const points = await mountsInside(dir);
    if (points.length === 0) return;
    // One call for all, inner ones first: to start a process costs this one more than to unmount.
    await runTool('umount', ['-i', '-n', '-l', '--', ...points.reverse()], '/');
  }
  throw refused('umount', `something stays mounted below ${dir}`);
}

/** The mount points below a directory, outer ones first. */
async function mountsInside(dir: string): Promise<string[]> {
  const real = await realpath(dir).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw cause;
  });
  if (real === undefined) return [];
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return parseMountPoints(text).filter((point) => point.startsWith(`${real}/`));
}

/** Runs mount(8) or umount(8) without a shell, with `fd` as its descriptor 3. */
function runTool(tool: 'mount' | 'umount', args: readonly string[], cwd: string, fd?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      cwd,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe', ...(fd === undefined ? [] : [fd])],
      timeout: TOOL_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(0, 1000);
    });
    child.on('error', (cause) => reject(missing(tool, cause)));
    child.on('close', (status) => (status === 0 ? resolve() : reject(refused(tool, said.trim()))));
  });
}

const missing = (tool: string, cause: unknown): DrylaneError =>
  new DrylaneError(
    'machine-unfit',
    { field: tool, message: 'cannot be run', mend: 'install it: apt-get install mount' },
    { cause },
  );

const refused = (tool: string, said: string): DrylaneError =>
  new DrylaneError('sandbox-failed', {
    field: tool,
    message: said === '' ? 'ended without saying why' : said,
    mend: 'see what works here: drylane doctor',
  });

/** Whether the last thing mounted at a path is an overlay, in the text of a /proc/pid/mountinfo; see proc(5). */
export function isCovered(mountinfo: string, path: string): boolean {
  const there = mountinfo.split('\n').filter((line) => parseMountPoints(line)[0] === path);
  return there.at(-1)?.includes(' - overlay ') ?? false;
}

/** The mount points in the text of /proc/self/mountinfo, read as latin1; see proc(5). */
export function parseMountPoints(mountinfo: string): string[] {
  return mountinfo.split('\n').flatMap((line) => {
    const point = line.split(' ')[4];
    return point === undefined ? [] : [point.replaceAll(/\\([0-7]{3})/g, unescapeOctal)];
  });
}

const unescapeOctal = (_: string, digits: string): string => String.fromCharCode(Number.parseInt(digits, 8));

/**
 * The file systems mounted inside a directory, which an overlay over it does not show: their paths relative to
 * it, escaped, in order.
 */
export async function mountsBelow(path: string): Promise<string[]> {
  const inside = `${await latin1Path(path)}/`.replace(/^\/+$/, '/');
  const below = (await mountPoints())
    .filter((point) => point.startsWith(inside) && point !== inside)
    .map((point) => encodePath(Buffer.from(point.slice(inside.length), 'latin1')));
  return [...new Set(below)].sort();
}

const mountPoints = async (): Promise<string[]> =>
  parseMountPoints(await readFile('/proc/self/mountinfo', 'latin1'));

const latin1Path = async (path: string): Promise<string> =>
  (await realpath(path, { encoding: 'buffer' })).toString('latin1');
