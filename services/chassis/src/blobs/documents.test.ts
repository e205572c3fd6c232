import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfJson } from '@drylane/proto/digest';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keepDocument, recallDocument } from './documents.ts';
import { fileBlobs } from './files.ts';

const directory = mkdtempSync(join(tmpdir(), 'drylane-documents-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a document', () => {
  const blobs = fileBlobs(directory);
  const Shape = z.strictObject({ b: z.number(), a: z.string() });

  it('is kept under the digest of its value, and read back', async () => {
    const digest = await keepDocument(blobs, { b: 1, a: 'é' });
    expect(digest).toBe(digestOfJson({ a: 'é', b: 1 }));
    expect(await recallDocument(blobs, Shape, digest)).toEqual({ a: 'é', b: 1 });
  });

  it('is refused where it is of another kind, is no JSON, or is not there', async () => {
    const other = await keepDocument(blobs, { b: 1 });
    await expect(recallDocument(blobs, Shape, other)).rejects.toMatchObject({ code: 'internal' });
    const text = await blobs.put(Buffer.from('{'));
    await expect(recallDocument(blobs, Shape, text)).rejects.toMatchObject({ code: 'internal' });
    const none = digestOfJson('none');
    await expect(recallDocument(blobs, Shape, none)).rejects.toMatchObject({ code: 'not-found' });
  });
});
