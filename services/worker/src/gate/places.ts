/** The most names that one run may ask for: each takes sockets of ours until its end. */
export const MOST_NAMES = 256;

/** Whom the command reaches at a place of its own loopback; without a name, the place is its own name. */
export interface Behind {
  readonly host: string | null;
}

/**
 * Which places of a container's loopback stand for somebody outside. The gate fills it; what reads the trace asks it,
 * so that evidence names hosts. Nothing is ever taken out: a place means the same for the whole run.
 */
export interface Places {
  /** The address that stands for a name: always the same, or null when there are no more. */
  allot(name: string): string | null;
  /** A place that the command knows by itself. */
  keep(address: string, port: number): void;
  behind(address: string, port: number): Behind | null;
}

/** No place stands for anybody yet. */
export function noPlaces(most: number = MOST_NAMES): Places {
  const byName = new Map<string, string>();
  const byAddress = new Map<string, string>();
  const kept = new Set<string>();
  const keptAddresses = new Set<string>();
  let next = 1;
  return {
    allot(name) {
      const before = byName.get(name);
      if (before !== undefined || byName.size >= most) return before ?? null;
      while (keptAddresses.has(addressOf(next))) next += 1;
      const address = addressOf(next);
      next += 1;
      byName.set(name, address);
      byAddress.set(address, name);
      return address;
    },
    keep(address, port) {
      kept.add(`${address} ${port}`);
      keptAddresses.add(address);
    },
    behind(address, port) {
      const host = byAddress.get(address);
      if (host !== undefined) return { host };
      return kept.has(`${address} ${port}`) ? { host: null } : null;
    },
  };
}

/** Of a part of loopback that nobody uses by habit. */
function addressOf(index: number): string {
  return `127.64.${index >> 8}.${index & 255}`;
}
