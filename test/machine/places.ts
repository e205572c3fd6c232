import { join } from 'node:path';

/** Where a run keeps what the next one must know, and where it writes logs. Both absolute directories. */
export interface Places {
  readonly state: string;
  readonly logs: string;
}

/** Root's places are the machine's; anyone else's are under XDG state, which nobody else may write to. */
export function placesOf(user: {
  readonly root: boolean;
  readonly home: string;
  readonly xdgState?: string | undefined;
}): Places {
  if (user.root) return { state: '/run/drylane', logs: '/var/log/drylane' };
  const base = user.xdgState?.startsWith('/') ? user.xdgState : join(user.home, '.local', 'state');
  return { state: join(base, 'drylane', 'machine'), logs: join(base, 'drylane', 'machine', 'logs') };
}
