import { realpath, stat } from 'node:fs/promises';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { type Located, type Place, workspaceField, workspacePath } from './place.ts';

/**
 * Looks up where an envelope's paths and the allowed roots lead on this machine.
 * @throws DrylaneError 'bad-input' when a path may not be looked at.
 */
export async function locate(envelope: Envelope, roots: readonly string[]): Promise<Located> {
  const workspace = workspacePath(envelope);
  const places = await Promise.all(roots.map((root) => placeAt(root, 'workspaces.roots').catch(() => null)));
  return {
    workspace: workspace === undefined ? null : await placeAt(workspace, workspaceField(envelope)),
    workingDir: await placeAt(envelope.working_dir, 'working_dir'),
    roots: places.flatMap((place) => (place?.directory ? [place.path] : [])),
  };
}

async function placeAt(path: string, field: string): Promise<Place | null> {
  try {
    const real = await realpath(path);
    return { path: real, directory: (await stat(real)).isDirectory() };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new DrylaneError(
      'bad-input',
      {
        field,
        message: `may not be looked at (${String(code)})`,
        mend: 'correct the path or its permissions',
      },
      { cause },
    );
  }
}
