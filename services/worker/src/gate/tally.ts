/** How an attempt of the command to get through the gate ended. */
export type Outcome =
  | 'connected'
  /** The name has no address, or nobody answered there. */
  | 'unreachable'
  /** The name leads to an address that was not meant by it. */
  | 'forbidden'
  /** More connections at once than one run is given. */
  | 'crowded';

/** Whom a connection was meant for. */
export interface Meant {
  /** The name; null where the command knew the address by itself. */
  readonly host: string | null;
  /** That address. */
  readonly address: string | null;
  readonly port: number;
}

/** Connections that are alike: whom they were meant for, where they led, how they ended, and what went through. */
export interface Reached extends Meant {
  /** Where they led; null where nobody answered. */
  readonly to: string | null;
  readonly outcome: Outcome;
  readonly connections: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

export interface Tally {
  /** Notes one connection; the answer takes the bytes that went through it, when they are known. */
  note(meant: Meant, outcome: Outcome, to: string | null): (bytesOut: number, bytesIn: number) => void;
  all(): readonly Reached[];
}

const MOST_ENTRIES = 1000;

type Counting = { -readonly [Field in keyof Reached]: Reached[Field] };

/** Counts connections in bounded room: where there are too many kinds of them, it no longer tells where each led. */
export function newTally(most: number = MOST_ENTRIES): Tally {
  const entries = new Map<string, Counting>();
  return {
    note(meant, outcome, to) {
      const known = entries.size < most ? to : null;
      const key = JSON.stringify([meant.host, meant.address, meant.port, known, outcome]);
      const blank = { ...meant, to: known, outcome, connections: 0, bytesOut: 0, bytesIn: 0 };
      const entry = entries.get(key) ?? blank;
      entries.set(key, entry);
      entry.connections += 1;
      return (bytesOut, bytesIn) => {
        entry.bytesOut += bytesOut;
        entry.bytesIn += bytesIn;
      };
    },
    all: () => [...entries.values()].map((entry) => ({ ...entry })),
  };
}
