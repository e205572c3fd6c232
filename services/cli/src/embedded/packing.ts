import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { PathPattern } from '@drylane/proto/paths';
import { packWorkspace } from '@drylane/worker/workspaces/pack';
import { surveyWorkspace } from '@drylane/worker/workspaces/survey';

/** A directory as it was when it was looked at, ready to be sent. */
export interface Packed {
  readonly directory: string;
  readonly entries: number;
  /** Of all files together. */
  readonly bytes: number;
  /** The tar, made anew each time; equal for as long as nothing changes. */
  tar(): AsyncIterable<Uint8Array>;
}

/** What a dispatcher and its workers take, as they come. */
const LIMITS = { entries: 500_000, bytes: 2 ** 30, depth: 64 } as const;

/**
 * Looks at all of a directory, through no link, and packs what is not excluded.
 * @throws DrylaneError `bad-input` for what no snapshot can hold.
 */
export async function packDirectory(
  given: string,
  cwd: string,
  exclude: readonly PathPattern[],
): Promise<Packed> {
  const directory = await realpath(resolve(cwd, given)).catch((cause: NodeJS.ErrnoException) => {
    throw new DrylaneError(
      'bad-input',
      {
        field: 'snapshot',
        message: `${given} is not there (${cause.code})`,
        mend: 'name a directory that is',
      },
      { cause },
    );
  });
  const survey = await surveyWorkspace(directory, { exclude, limits: LIMITS });
  return {
    ...{ directory, entries: survey.found.length, bytes: survey.bytes },
    tar: () => packWorkspace(directory, survey),
  };
}
