import { grantFor, portsFor } from './allow.ts';
import type { Doors } from './doors.ts';
import type { Places } from './places.ts';
import type { Allot } from './resolver.ts';
import type { Traffic } from './traffic.ts';

export interface NamesOptions {
  /** The patterns that names are held against. */
  readonly declared: readonly string[];
  readonly places: Places;
  readonly doors: Doors;
  readonly traffic: Traffic;
}

/**
 * Gives a name its place when it is first asked for: an address of the container's loopback, and there a door for each
 * port on which the name was declared. Before that nothing listens, and a connection is refused as in a rehearsal.
 */
export function allotDoors({ declared, places, doors, traffic }: NamesOptions): Allot {
  const known = new Map<string, Promise<string | 'full'>>();
  const open = async (name: string, ports: readonly number[]): Promise<string | 'full'> => {
    const address = places.allot(name);
    if (address === null) return 'full';
    for (const port of ports) {
      const grant = grantFor(declared, name, port);
      if (grant === null) continue;
      const destination = { kind: 'name' as const, name, grant, port };
      // Where the command sits there itself, it reaches nobody but itself.
      await doors.streams(address, port, (inside) =>
        traffic.lead(inside, { host: name, address: null, port }, destination),
      );
    }
    return address;
  };
  return async (name) => {
    const ports = portsFor(declared, name);
    if (ports.length === 0) return null;
    const before = known.get(name);
    if (before !== undefined) return before;
    const opened = open(name, ports);
    // Beyond its places, a run could go on asking for new names for ever.
    void opened.then((address) => address === 'full' && known.delete(name)).catch(() => undefined);
    known.set(name, opened);
    return opened;
  };
}
