import type { Line } from './processes.ts';

/** What there is of in a fleet. */
export const KINDS = ['dispatcher', 'comparator', 'rehearsal', 'live'] as const;
export type Kind = (typeof KINDS)[number];

/** The first of a kind has the kind's name; others are numbered from 2. */
export type ProcessName = Kind | `${Kind}-${number}`;

export type Environment = Readonly<Record<string, string>>;

/** How a fleet is set up, where it is to be another than one of each kind. */
export interface FleetPlan {
  readonly policy?: (workspaces: string) => string;
  readonly counts?: Readonly<Partial<Record<Kind, number>>>;
  /** Set for each process of a kind, over what it has anyway. */
  readonly environment?: Readonly<Partial<Record<Kind, Environment>>>;
  /**
   * Whether processes reach what they need over links that can be cut. Those lead through the process of the test, which must
   * not wait for another one then as long as nothing else gets done in it.
   */
  readonly cuttable?: boolean;
  /** Programs that processes run on, each with the first of its arguments. */
  readonly grounds?: (root: string) => Readonly<Partial<Record<ProcessName, readonly string[]>>>;
  /** Hears each line of every process's log. */
  readonly hear?: (name: ProcessName, line: Line) => void;
  /** Prepares the directory of the fleet before anything of it starts; it is let go of when all has ended. */
  readonly around?: (root: string) => Promise<AsyncDisposable>;
}

export const POLICY = (workspaces: string): string => `version: 1
approvals: { rehearsal: { from: never }, live: { from: high, expires: 1h } }
workspaces: { roots: ["${workspaces}"] }
`;

/** The names of all processes of a kind. */
export function namesOf(kind: Kind, { counts = {} }: FleetPlan): readonly ProcessName[] {
  const count = counts[kind] ?? 1;
  return Array.from({ length: count }, (_, i): ProcessName => (i === 0 ? kind : `${kind}-${i + 1}`));
}

export function kindOf(name: ProcessName): Kind {
  const found = KINDS.find((kind) => name === kind || name.startsWith(`${kind}-`));
  if (found === undefined) throw new RangeError(`${name} is no process of a fleet`);
  return found;
}
