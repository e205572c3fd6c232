import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { createRedactor, Redactor } from '@drylane/chassis/redact/redact';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Counts } from './tally.ts';
import type { Telling } from './telling.ts';

/** What promotions of a worker stand on. */
export interface LiveLane extends Telling {
  readonly blobs: Blobs;
  /** Directories of this host in which workspaces may lie, as real paths. */
  readonly roots: readonly string[];
  readonly metrics: Counts;
  /** Knows what this process must tell nobody. */
  readonly redactor: Redactor;
  /** Null for a worker that runs no command again. */
  readonly reruns: Reruns | null;
  /** Gives up whatever is under way and can be. */
  readonly giveUp: AbortSignal;
}

/** What a worker has that may run commands for real. */
export interface Reruns {
  readonly sandbox: Sandbox;
  /** What its operator lets commands have, by the variable's name: no other variable is ever given. */
  readonly credentials: ReadonlyMap<string, string>;
  readonly rules: Parameters<typeof createRedactor>[1];
}
