import { DrylaneError } from '@drylane/proto/errors';
import type { Context } from './context.ts';
import type { Fleet } from './fleet/open.ts';

/** Where a verb is told that its fleet is. */
export interface AfarFlags {
  readonly url?: string;
}

export const URL_FLAG = ['--url <url>', 'the dispatcher of a fleet (default: DRYLANE_URL)'] as const;

/** The fleet that a verb is meant for; undefined for this machine alone. Only then is anything of HTTP loaded. */
export async function inFleet({ url }: AfarFlags, context: Context): Promise<Fleet | undefined> {
  const given = url ?? context.env.DRYLANE_URL;
  if (given === undefined || given === '') return undefined;
  const { openFleet } = await import('./fleet/open.ts');
  return openFleet(given, url, context);
}

/** The same for a verb that there is in a fleet only. @throws DrylaneError `bad-input` where none was named. */
export async function fleetOf(flags: AfarFlags, context: Context): Promise<Fleet> {
  const fleet = await inFleet(flags, context);
  if (fleet !== undefined) return fleet;
  throw new DrylaneError('bad-input', {
    field: 'DRYLANE_URL',
    message: 'is not set, and this is for a fleet',
    mend: 'set it to the address of a dispatcher, or give --url',
  });
}

/**
 * Refuses flags that mean something on this machine only: in a fleet they would be taken for what they are not.
 * @throws DrylaneError `bad-input` that names each of them.
 */
export function refuseHere(flags: Readonly<Record<string, unknown>>): void {
  const problems = Object.entries(flags).flatMap(([field, value]) =>
    value === undefined || value === false
      ? []
      : {
          field,
          message: 'is for this machine alone, and a fleet was named',
          mend: 'leave it out, or unset DRYLANE_URL',
        },
  );
  if (problems.length > 0) throw new DrylaneError('bad-input', problems);
}
