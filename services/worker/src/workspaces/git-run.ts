import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { printable } from '@drylane/proto/fields';

/** How one run of git is bounded. */
export interface GitBounds {
  readonly timeoutMs: number;
  /** The largest file that it may write: a repository is a pack, and a pack is a file. */
  readonly fileBytes: number;
}

/** How a run of git went wrong, as a system's error tells how a call did. */
export interface GitFault extends Error {
  /** Its exit status; null where it was ended, by the time limit or by a signal. */
  readonly gitStatus: number | null;
  /** Whether git had to be killed, and could not tidy up. */
  readonly killed: boolean;
}

/** Whether an error is git's. */
export const isGitFault = (cause: unknown): cause is GitFault =>
  cause instanceof Error && 'gitStatus' in cause;

/** Nothing of whoever runs this: no home, no system's configuration, no proxy, no agent, nobody to ask. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
  GIT_SSH_COMMAND: '/bin/false',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
} as const;

/** What git may not do, whatever a repository or a server says. */
const CONFIGURATION = [
  'protocol.allow=never',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'credential.helper=',
  'http.followRedirects=false',
  'http.sslVerify=true',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'transfer.fsckObjects=true',
  // Faults of old tools that harm nobody, and that well-known histories have.
  'fetch.fsck.zeroPaddedFilemode=ignore',
  'fetch.fsck.missingSpaceBeforeDate=ignore',
  'fetch.fsck.badTimezone=ignore',
  // Tidying up in the background would outlive the run, and its limits.
  'gc.autoDetach=false',
  'maintenance.autoDetach=false',
  // Larger files are passed on in parts, rather than held in memory.
  'core.bigFileThreshold=16m',
  'tar.umask=0022',
] as const;

const WORDS_BYTES = 2000;
/** How long git has to tidy up when it is told to end. */
const TIDY_MS = 2000;

/**
 * Runs git and gives what it prints, as it comes. Whoever stops reading ends it, with all that it started; so does the death
 * of this process.
 * @throws a {@link GitFault} where it does not end well, or not in time.
 */
export async function* gitOutput(
  args: readonly string[],
  bounds: GitBounds,
  configuration: readonly string[] = [],
): AsyncGenerator<Uint8Array, void, void> {
  const child = start(args, bounds, configuration);
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  const late = new AbortController();
  const end = endLater(child, bounds.timeoutMs, late.signal);
  const words: Buffer[] = [];
  let length = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    if (length < WORDS_BYTES) words.push(chunk);
    length += chunk.length;
  });
  try {
    for await (const chunk of child.stdout) if (chunk instanceof Uint8Array) yield chunk;
    const [status]: unknown[] = await ended;
    if (status !== 0) throw faultOf(status, await settled(end, late), Buffer.concat(words));
  } finally {
    late.abort();
    if (child.exitCode === null && child.signalCode === null) killAll(child, 'SIGKILL');
    child.stdout.destroy();
    await ended.catch(() => undefined);
  }
}

/** All that git prints, as text; for what is known to be short. */
export async function git(
  args: readonly string[],
  bounds: GitBounds,
  configuration: readonly string[] = [],
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gitOutput(args, bounds, configuration)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function start(args: readonly string[], { fileBytes }: GitBounds, configuration: readonly string[]) {
  const settings = [...CONFIGURATION, ...configuration].flatMap((setting) => ['-c', setting]);
  const limits = [`--fsize=${fileBytes}`, '--core=0'];
  const command = ['--pdeathsig', 'KILL', '--', 'prlimit', ...limits, '--', 'git', ...settings, ...args];
  return spawn('setpriv', command, {
    env: ENVIRONMENT,
    cwd: '/',
    // A group of its own: git starts others, and they end with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

type Ending = 'by itself' | 'told to' | 'killed';

/** Ends git when its time is over: tells it to, so that it can take its locks away, and kills it if it does not. */
async function endLater(child: ChildProcess, ms: number, signal: AbortSignal): Promise<Ending> {
  const waited = (time: number): Promise<boolean> =>
    setTimeout(time, true, { signal, ref: false }).catch(() => false);
  if (!(await waited(ms))) return 'by itself';
  killAll(child, 'SIGTERM');
  if (!(await waited(TIDY_MS))) return 'told to';
  killAll(child, 'SIGKILL');
  return 'killed';
}

function settled(end: Promise<Ending>, late: AbortController): Promise<Ending> {
  late.abort();
  return end;
}

function faultOf(status: unknown, ending: Ending, words: Buffer): GitFault {
  const told = printable(words.subarray(0, WORDS_BYTES).toString('utf8').trim(), WORDS_BYTES);
  const gitStatus = typeof status === 'number' && ending === 'by itself' ? status : null;
  const killed = ending === 'killed' || (ending === 'by itself' && gitStatus === null);
  return Object.assign(new Error(`git did not end well: ${told}`), { gitStatus, killed });
}

function killAll({ pid }: ChildProcess, signal: keyof typeof constants.signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // All of them are gone.
  }
}
