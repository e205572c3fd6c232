import type { Frame, Held } from './frame.ts';
import type { Standing } from './standing.ts';
import type { GivenWorkspace } from './workspace.ts';

/** What a rehearsal runs in: a container with its workspace, that is still to be started or stands already. */
export interface Place {
  readonly held: Held;
  readonly frame: Frame;
  readonly given: GivenWorkspace;
  stand(): Promise<Standing>;
}
