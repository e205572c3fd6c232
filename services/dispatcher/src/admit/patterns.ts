import type { Problem } from '@drylane/proto/errors';
import type { PathPattern } from '@drylane/proto/paths';

/**
 * What an absolute pattern means when taken from a directory that it names or lies in: `/w/site/a/*.md` from
 * `/w/site` is `a/*.md`, and the directory itself or all below one that holds it is `**`. Undefined for a relative
 * pattern and for one whose plain beginning leads elsewhere.
 */
export function relativeTo(pattern: PathPattern, directory: string): PathPattern | undefined {
  if (!pattern.startsWith('/')) return undefined;
  const parts = pattern.split('/').filter((part) => part !== '');
  const above = directory.split('/').filter((part) => part !== '');
  const wild = parts.findIndex((part) => part.includes('*'));
  const plain = wild < 0 ? parts : parts.slice(0, wild);
  const shared = above.every((part, at) => at >= plain.length || part === plain[at]);
  if (!shared || plain.length === 0) return undefined;
  if (plain.length < above.length) return wild < 0 && pattern.endsWith('/') ? '**' : undefined;
  const rest = parts.slice(above.length).join('/');
  return rest === '' ? '**' : rest + (pattern.endsWith('/') ? '/' : '');
}

/** Absolute patterns of an intent that name what lies inside the workspace, where they would match nothing. */
export function patternProblems(
  patterns: readonly PathPattern[],
  field: string,
  workspaces: readonly string[],
): readonly Problem[] {
  return patterns.flatMap((pattern, index): Problem[] => {
    const relative = workspaces
      .map((workspace) => relativeTo(pattern, workspace))
      .find((r) => r !== undefined);
    if (relative === undefined) return [];
    return [
      {
        field: `${field}.${index}`,
        message: 'is an absolute path inside the workspace, and a leading / means outside it',
        mend: `write it from the workspace's root: ${relative}`,
      },
    ];
  });
}

// In a rehearsal these are its own and thrown away; nobody looks at what is left there.
const UNWATCHED = ['tmp', 'proc', 'sys', 'dev/shm'];

/** Forbidden patterns that name a place where nobody looks: what cannot be enforced must not be accepted. */
export function unwatchedProblems(patterns: readonly PathPattern[], field: string): readonly Problem[] {
  return patterns.flatMap((pattern, index): Problem[] => {
    const place = UNWATCHED.find((p) => `${pattern}/`.startsWith(`/${p}/`));
    if (place === undefined) return [];
    return [
      {
        field: `${field}.${index}`,
        message: `lies in /${place}, where a rehearsal is not watched`,
        mend: 'remove it: what a command leaves there is thrown away with its container',
      },
    ];
  });
}

/** What policy forbids in one workspace: an absolute path of its own inside that workspace is forbidden there too. */
export function forbiddenIn(patterns: readonly PathPattern[], workspace: string): readonly PathPattern[] {
  return patterns.flatMap((pattern) => {
    const relative = relativeTo(pattern, workspace);
    return relative === undefined ? [pattern] : [pattern, relative];
  });
}
