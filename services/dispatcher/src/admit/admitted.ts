import type { Digest } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import type { LimitValues } from '@drylane/proto/limits';
import type { PathPattern } from '@drylane/proto/paths';

/** An envelope that policy lets in, with nothing left to default: what every later stage works from. */
export interface Admitted {
  /** As it was submitted. */
  readonly envelope: Envelope;
  readonly envelopeDigest: Digest;
  readonly policyDigest: Digest;
  readonly task: string | null;
  readonly command: string;
  /** The workspace's directory on this machine, every symbolic link resolved; also its path in the container. */
  readonly workspace: string;
  /** Inside {@link workspace}, resolved likewise. */
  readonly workingDir: string;
  readonly image: string;
  readonly shell: 'bash' | 'sh';
  readonly mode: 'read-only' | 'mutating';
  readonly expectedWrites: readonly PathPattern[];
  /** Those of intent, then those that policy adds. */
  readonly forbiddenPaths: readonly PathPattern[];
  /** Hosts that may be named in evidence as declared; empty means none. */
  readonly network: readonly string[];
  readonly credentials: readonly string[];
  readonly expectedExit: readonly number[];
  readonly env: Readonly<Record<string, string>>;
  readonly limits: LimitValues;
  readonly promotion: 'auto' | 'apply' | 'rerun' | 'none';
}
