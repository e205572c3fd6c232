import { type LoadedPolicy, rootsOf } from '@drylane/dispatcher/admit/load';
import { locate } from '@drylane/dispatcher/admit/locate';
import { type Located, workspaceField, workspacePath } from '@drylane/dispatcher/admit/place';
import type { Entrance } from '@drylane/dispatcher/dispatch/entrance';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';

/**
 * How envelopes come in where everybody who asks is a process of this machine's own user: its directories can be looked at,
 * and whoever asks for a rehearsal has agreed to it.
 */
export function ownEntrance(policy: LoadedPolicy, roots: readonly string[]): Entrance {
  return {
    async locate(envelope) {
      const located = await locate(envelope, rootsOf(policy, roots));
      requireReal(envelope, located);
      return located;
    },
    next: () => 'rehearsing',
  };
}

/** What leads somewhere else is not what will be worked on. */
function requireReal(envelope: Envelope, { workspace, workingDir }: Located): void {
  const written = workspacePath(envelope);
  const asked = [
    { field: workspaceField(envelope), path: written, place: workspace },
    { field: 'working_dir', path: envelope.working_dir, place: workingDir },
  ];
  const problems = asked.flatMap(({ field, path, place }) =>
    path === undefined || place === null || place.path === path
      ? []
      : { field, message: `leads to ${place.path}`, mend: 'name the real path' },
  );
  if (problems.length > 0) throw new DrylaneError('bad-input', problems);
}
