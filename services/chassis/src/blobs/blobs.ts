import type { Digest } from '@drylane/proto/digest';

/** Big things by content: evidence, change sets, snapshots, sealed logs. */
export interface Blobs {
  /** Keeps the bytes and answers their digest, once they would survive a loss of power. */
  put(bytes: Uint8Array): Promise<Digest>;
  /**
   * The bytes of a digest, compared with it again.
   * @throws DrylaneError `not-found` when there are none, `internal` when they are no longer those bytes.
   */
  get(digest: Digest): Promise<Uint8Array>;
  /** Whether bytes are kept under a digest; they are not read. */
  has(digest: Digest): Promise<boolean>;
}
