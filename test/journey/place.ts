import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary directory with a workspace and a state directory in it, gone when it is disposed of. */
export async function makePlace(
  name: string,
): Promise<AsyncDisposable & { site: string; state: string; root: string }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), `drylane-${name}-`)));
  const site = join(root, 'site');
  await mkdir(site);
  return {
    root,
    site,
    state: join(root, 'state'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
