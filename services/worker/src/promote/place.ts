import { realpath } from 'node:fs/promises';
import { DrylaneError } from '@drylane/proto/errors';
import type { Promotion } from '@drylane/proto/promotion';
import type { Place } from '@drylane/proto/task';
import { fingerprintOf, identityOf } from '../changeset/whole.ts';

/** What of a run tells whether its command may run again. */
export interface MayRunAgain {
  readonly network: readonly string[];
  readonly credentials: readonly string[];
  readonly promotion: string;
}

/**
 * What has to be the same about a workspace when its run lands. A command that may run again reads whatever is there
 * then, so all of it is looked at; for one whose changes are applied, the change set holds what they rest on.
 */
export async function placeOf(
  path: string,
  { network, credentials, promotion }: MayRunAgain,
): Promise<Place> {
  const mayRerun = promotion === 'rerun' || network.length > 0 || credentials.length > 0;
  const fingerprint = mayRerun ? await fingerprintOf(path) : undefined;
  return { path, ...(await identityOf(path)), fingerprint: fingerprint ?? null };
}

/** Whether a path still leads to the directory that was rehearsed on, without a link on the way. */
export async function isSameDirectory({ path, dev, ino }: Place): Promise<boolean> {
  try {
    const now = await identityOf(path);
    return now.dev === dev && now.ino === ino && (await realpath(path)) === path;
  } catch {
    return false;
  }
}

/**
 * Whether nothing in a workspace is another than when a command was rehearsed on it.
 * @throws DrylaneError `not-promotable` where that could not be looked at in the rehearsal.
 */
export async function isUntouched(place: Place): Promise<boolean> {
  if (place.fingerprint === null)
    throw new DrylaneError('not-promotable', {
      field: 'workspace',
      message:
        'could not be looked at whole when the command was rehearsed, so nobody knows what it would read',
      mend: 'make all of it readable, or choose a smaller one, and rehearse again',
    });
  return (await isSameDirectory(place)) && (await fingerprintOf(place.path)) === place.fingerprint;
}

/** The drift of a workspace as a whole. */
export const WORKSPACE_DRIFT: Promotion['drifts'][number] = {
  path: '.',
  expected: 'the workspace as it was rehearsed on',
  found: 'another directory, or something in it was changed',
};
