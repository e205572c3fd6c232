import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import { readGitRef, readGitUrl } from '@drylane/proto/git';

/** What is malformed in how an envelope names a git tree. Which repositories are allowed is known to workers alone. */
export function gitProblems({ workspace }: Pick<Envelope, 'workspace'>): readonly Problem[] {
  if (workspace === undefined || !('git' in workspace)) return [];
  const { url, ref } = workspace.git;
  return [...problemsOf(() => readGitUrl(url)), ...problemsOf(() => readGitRef(ref))];
}

function problemsOf(read: () => unknown): readonly Problem[] {
  try {
    read();
    return [];
  } catch (fault) {
    if (fault instanceof DrylaneError) return fault.problems;
    throw fault;
  }
}
