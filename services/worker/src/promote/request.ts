import type { ChangeSet } from '@drylane/proto/change-set';
import type { Digest } from '@drylane/proto/digest';
import type { DirectoryIdentity } from '../changeset/whole.ts';
import type { Drift } from './effect.ts';

/** One change set, and the workspace that it shall land in. */
export interface ApplyRequest {
  readonly runId: string;
  readonly workspace: string;
  /** Which directory of this machine was rehearsed on; left out where only its path is known. */
  readonly root?: DirectoryIdentity;
  readonly changeSet: ChangeSet;
  readonly digest: Digest;
  readonly layer: () => AsyncIterable<Uint8Array>;
  readonly bases: (() => AsyncIterable<Uint8Array>) | null;
  readonly stateDir: string;
  /** Whether texts that others changed meanwhile are merged where the changes do not overlap. */
  readonly merge: boolean;
}

/** What became of a change set. */
export type ApplyOutcome =
  | { readonly result: 'promoted'; readonly merged: readonly string[] }
  /** Nothing was changed. */
  | { readonly result: 'drifted'; readonly drifts: readonly Drift[] }
  /** Some paths are neither as they were nor as they should be; what was there is kept, and a person has to look. */
  | { readonly result: 'unknown'; readonly conflicts: readonly string[] };
