import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { recallDocument } from '@drylane/chassis/blobs/documents';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Job } from '@drylane/proto/task';
import type { z } from 'zod';

/**
 * The task that a job names, as it was kept under its digest.
 * @throws DrylaneError what the blobs throw, and `internal` for what is no task, or that of another run.
 */
export async function taskOf<S extends z.ZodType<{ readonly run: RunId }>>(
  blobs: Pick<Blobs, 'get'>,
  schema: S,
  { run, task }: Job,
): Promise<z.output<S>> {
  const found = await recallDocument(blobs, schema, task);
  if (found.run === run) return found;
  throw new DrylaneError('internal', {
    field: run,
    message: 'was sent with the task of another run',
    mend: 'see who else writes to the queues',
  });
}
