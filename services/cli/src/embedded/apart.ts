import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';

/**
 * What drylane keeps must not be part of what a command sees, nor a workspace part of what drylane keeps. Asked before
 * anything is kept, because a directory for it would be made in the workspace.
 */
export async function keepApart(
  { workspace, working_dir }: Pick<Envelope, 'workspace' | 'working_dir'>,
  stateDir: string,
): Promise<void> {
  const path = workspace !== undefined && 'path' in workspace ? workspace.path : working_dir;
  const [site, state] = await Promise.all([resolved(path), resolved(stateDir)]);
  if (!inside(site, state) && !inside(state, site)) return;
  throw new DrylaneError('bad-input', {
    field: 'workspace.path',
    message: `and the state directory lie in one another: ${state}`,
    mend: 'keep runs elsewhere: --state DIR',
  });
}

const inside = (path: string, directory: string): boolean =>
  directory === '/' || `${path}/`.startsWith(`${directory}/`);

/** Where a path leads, as far as it is there already. */
async function resolved(path: string): Promise<string> {
  const found = await realpath(path).catch(() => undefined);
  if (found !== undefined || path === dirname(path)) return found ?? path;
  const above = await resolved(dirname(path));
  return `${above === '/' ? '' : above}${path.slice(dirname(path) === '/' ? 0 : dirname(path).length)}`;
}
