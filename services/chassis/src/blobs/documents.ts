import { canonicalJson, type Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { z } from 'zod';
import type { Blobs } from './blobs.ts';

/** Keeps a document as canonical JSON; its digest is that of the bytes kept. */
export async function keepDocument(blobs: Pick<Blobs, 'put'>, document: unknown): Promise<Digest> {
  return blobs.put(Buffer.from(canonicalJson(document)));
}

/**
 * Reads a document back, checked against its digest and its schema.
 * @throws DrylaneError what {@link Blobs.get} throws, and `internal` for what is no such document.
 */
export async function recallDocument<S extends z.ZodType>(
  blobs: Pick<Blobs, 'get'>,
  schema: S,
  digest: Digest,
): Promise<z.output<S>> {
  const bytes = await blobs.get(digest);
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new DrylaneError(
      'internal',
      {
        field: digest,
        message: 'is no document of the kind that was asked for',
        mend: 'see that all parts of drylane here are of one version',
      },
      { cause },
    );
  }
}
