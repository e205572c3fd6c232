import { posix } from 'node:path';
import type { Envelope } from '@drylane/proto/envelope';
import type { Policy } from '@drylane/proto/policy';
import { type Source, TREE_PATH } from '@drylane/proto/task';
import { isInside, type Located, workspacePath } from '../admit/place.ts';

/**
 * Where an envelope's paths lead on machines that the dispatcher cannot look at: as they are written. A worker refuses a
 * path that leads somewhere else there. A snapshot or a git tree stands where workers put it.
 */
export function locateFromAfar(
  envelope: Envelope,
  { tenant, workspaces }: { readonly tenant: string; readonly workspaces: Policy['workspaces'] },
): Located {
  const written = workspacePath(envelope);
  return {
    workspace: directory(written ?? TREE_PATH),
    workingDir: directory(envelope.working_dir),
    roots: written === undefined ? [TREE_PATH] : rootsOf(plain(written), tenant, workspaces),
  };
}

/** Where workspaces of a tenant may lie; nowhere for one that has to do with what only other tenants have. */
function rootsOf(path: string, tenant: string, workspaces: Policy['workspaces']): readonly string[] {
  const { roots = [], tenants = {} } = workspaces ?? {};
  const own = ((Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined) ?? roots).map(plain);
  const others = Object.entries(tenants).flatMap(([name, theirs]) =>
    name === tenant ? [] : theirs.map(plain),
  );
  // What two tenants have, they share.
  const isTheirs = (other: string): boolean =>
    !own.includes(other) && (isInside(path, other) || isInside(other, path));
  return others.some(isTheirs) ? [] : own;
}

/** Where the files of an envelope's workspace come from. */
export function sourceOf({ workspace, working_dir }: Envelope): Source {
  if (workspace === undefined) return { path: plain(working_dir) };
  return 'path' in workspace ? { path: plain(workspace.path) } : workspace;
}

const directory = (path: string) => ({ path: plain(path), directory: true });

/** One spelling for each path. */
function plain(path: string): string {
  const short = posix.normalize(path);
  return short.length > 1 && short.endsWith('/') ? short.slice(0, -1) : short.replace(/^\/\//, '/');
}
