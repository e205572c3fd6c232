import type { Envelope } from '@drylane/proto/envelope';
import type { Problem } from '@drylane/proto/errors';
import { coversContainer } from './mount.ts';

/** What stands at a path once every symbolic link is resolved. */
export interface Place {
  readonly path: string;
  readonly directory: boolean;
}

/** Where the envelope's paths lead on this machine; null for what is not there. */
export interface Located {
  readonly workspace: Place | null;
  readonly workingDir: Place | null;
  /** The directories that workspaces may lie in, resolved; those that are not there are left out. */
  readonly roots: readonly string[];
}

/** The workspace's path as the envelope gives it, or undefined for a snapshot or a git tree. */
export function workspacePath({ workspace, working_dir }: Envelope): string | undefined {
  if (workspace === undefined) return working_dir;
  return 'path' in workspace ? workspace.path : undefined;
}

/** The field that says where the workspace is. */
export function workspaceField({ workspace }: Envelope): 'working_dir' | 'workspace.path' {
  return workspace === undefined ? 'working_dir' : 'workspace.path';
}

/** Whether an absolute, resolved path is a directory or lies below it. */
export function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

/** What is wrong with where the command is to work. */
export function placeProblems(envelope: Envelope, located: Located): readonly Problem[] {
  const given = workspacePath(envelope);
  if (given === undefined && located.workspace === null)
    return [
      {
        field: 'workspace',
        message: 'is a snapshot or a git tree, which needs the fleet',
        mend: 'give a directory of this machine: workspace: { path: … }',
      },
    ];
  const field = workspaceField(envelope);
  const workspace = standing(located.workspace, field, given);
  if (!workspace.ok) return [workspace.problem];
  const { path } = workspace;
  const workingDir = standing(located.workingDir, 'working_dir', envelope.working_dir);
  return [
    ...(located.roots.some((root) => isInside(path, root)) ? [] : [outsideRoots(field, path, located.roots)]),
    ...(coversContainer(path) ? [covering(field, path)] : []),
    ...(workingDir.ok ? insideWorkspace(workingDir.path, path) : [workingDir.problem]),
  ];
}

type Standing =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly problem: Problem };

function standing(place: Place | null, field: string, given = 'the directory'): Standing {
  if (place === null)
    return {
      ok: false,
      problem: { field, message: `${given} is not there`, mend: 'make the directory, or correct the path' },
    };
  if (!place.directory)
    return {
      ok: false,
      problem: { field, message: `${given} is not a directory`, mend: 'name the directory it lies in' },
    };
  return { ok: true, path: place.path };
}

function outsideRoots(field: string, path: string, roots: readonly string[]): Problem {
  const allowed = roots.length === 0 ? 'none' : roots.join(', ');
  return {
    field,
    message: `leads to ${path}, outside the directories that policy allows (${allowed})`,
    mend: 'choose a directory below one of those, or add one to workspaces.roots of the policy',
  };
}

function covering(field: string, path: string): Problem {
  return {
    field,
    message: `leads to ${path}, which would hide what the container itself needs there`,
    mend: 'use a directory such as /workspace/site or /srv/repos/site',
  };
}

function insideWorkspace(workingDir: string, workspace: string): readonly Problem[] {
  if (isInside(workingDir, workspace)) return [];
  return [
    {
      field: 'working_dir',
      message: `leads to ${workingDir}, outside the workspace ${workspace}`,
      mend: 'choose a directory of the workspace, or a workspace that holds it',
    },
  ];
}
