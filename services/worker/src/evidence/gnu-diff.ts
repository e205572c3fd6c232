import { spawn } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

const TIMEOUT_MS = 5_000;

/**
 * The unified hunks by which GNU diff says that two texts differ, bytes held one to a character (latin1); null
 * when there is no diff, or it takes too long. It reads files that have no name any more: whatever happens to
 * this process, no copy of the texts stays behind.
 */
export async function gnuHunks(before: Buffer, after: Buffer, context: number): Promise<string | null> {
  const files = await Promise.all([nameless(before), nameless(after)]);
  try {
    const output = await runDiff(files, context);
    if (output === null) return null;
    const first = output.indexOf('\n@@ ');
    return first < 0 ? '' : output.slice(first + 1);
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

/** An open file with this content and without a name. */
async function nameless(content: Buffer): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'drylane-'));
  const file = await open(join(directory, 'text'), 'wx+', 0o600);
  await rm(directory, { recursive: true });
  await file.writeFile(content);
  return file;
}

async function runDiff([before, after]: readonly FileHandle[], context: number): Promise<string | null> {
  if (before === undefined || after === undefined) return null;
  const options = ['--text', '--speed-large-files', `--unified=${context}`];
  const child = spawn('diff', [...options, '/proc/self/fd/3', '/proc/self/fd/4'], {
    stdio: ['ignore', 'pipe', 'ignore', before.fd, after.fd],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  const output = await buffer(child.stdout as NonNullable<typeof child.stdout>).catch(() => null);
  const status = await ended;
  // Status 1 says that they differ; 0, that they do not.
  return output !== null && (status === 0 || status === 1) ? output.toString('latin1') : null;
}
