import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { type Engine, findImage } from './engine.ts';

export const TOOLKIT_IMAGE = 'drylane/toolkit:latest';

/**
 * The directory with the tools that stand read-only in every rehearsal (busybox, strace), unpacked from its
 * image once per image. Its name is the image's, so a new image never changes one that is in use.
 */
export async function ensureToolkit(engine: Engine, stateDir: string, labels: Record<string, string>) {
  const { id } = await findImage(engine, TOOLKIT_IMAGE);
  const parent = join(stateDir, 'toolkit');
  const directory = join(parent, id.replace('sha256:', '').slice(0, 24));
  if (await stat(directory).catch(() => undefined)) return directory;

  await mkdir(parent, { recursive: true, mode: 0o755 });
  const temporary = await mkdtemp(join(parent, 'new-'));
  try {
    await unpack(engine, id, temporary, labels);
    await mkdir(join(temporary, '.drylane', 'control'), { recursive: true, mode: 0o755 });
    await rename(join(temporary, '.drylane'), directory).catch(async (cause: unknown) => {
      // Another process was first: its copy is as good.
      if (!(await stat(directory).catch(() => undefined))) throw cause;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return directory;
}

async function unpack(engine: Engine, image: string, into: string, labels: Record<string, string>) {
  const container = await engine.createContainer({ Image: image, Cmd: ['/none'], Labels: labels });
  try {
    const archive = await container.getArchive({ path: '/.drylane' });
    const tar = spawn('tar', ['-x', '-p', '--no-same-owner', '-C', into], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = once(tar, 'close') as Promise<[number | null]>;
    await pipeline(archive, tar.stdin);
    const [status] = await ended;
    if (status !== 0)
      throw new DrylaneError('sandbox-failed', {
        field: into,
        message: 'the toolkit could not be unpacked there',
        mend: 'check the space on that disk, or choose another: --state DIR',
      });
  } finally {
    await container.remove({ force: true });
  }
}
