import { Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';

/** Where the bytes of a digest stand below a directory or a prefix, `ab/cdef…`. @throws for what is no digest. */
export function placeOf(digest: Digest): string {
  const hex = Digest.parse(digest).slice('sha256:'.length);
  return `${hex.slice(0, 2)}/${hex.slice(2)}`;
}

/** What is thrown where a digest has no bytes. */
export function notFound(digest: Digest): DrylaneError {
  return new DrylaneError('not-found', {
    field: digest,
    message: 'is not among the blobs that are kept here',
    mend: 'check the digest, and that this is the state directory, or the bucket, that the run was made in',
  });
}

/** What is thrown where other bytes stand under a digest. */
export function changed(digest: Digest): DrylaneError {
  return new DrylaneError('internal', {
    field: digest,
    message: 'the bytes kept under this digest are no longer those bytes',
    mend: 'rehearse again, and check the disk, or who may write to the bucket',
  });
}
