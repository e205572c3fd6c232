import type { Digest } from '@drylane/proto/digest';

/** What a blob is called, and how many bytes it has. */
export interface StoredBytes {
  readonly digest: Digest;
  readonly size: number;
}

/** Big things by content: evidence, change sets, snapshots, sealed logs. */
export interface Blobs {
  /** Keeps the bytes and answers their digest, once they would survive a loss of power. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** The same for bytes that come one by one, however many; what `source` throws is thrown, and nothing is kept. */
  putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBytes>;
  /**
   * The bytes of a digest, compared with it again.
   * @throws DrylaneError `not-found` when there are none, `internal` when they are no longer those bytes.
   */
  get(digest: Digest): Promise<Uint8Array>;
  /**
   * The bytes of a digest, part by part, which are hashed on their way: only who reads to the end knows that they are
   * those of the digest. @throws, while it is read, what {@link Blobs.get} throws.
   */
  open(digest: Digest): AsyncIterable<Uint8Array>;
  /** Whether bytes are kept under a digest; they are not read. */
  has(digest: Digest): Promise<boolean>;
}
