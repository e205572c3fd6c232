import { DrylaneError, ERROR_CODES, type ErrorCode, type Problem } from '@drylane/proto/errors';
import { z } from 'zod';

/** As much of problem details (RFC 9457) as is told on; a message that is longer than any of ours is cut. */
const Details = z.object({
  type: z.string(),
  instance: z.string().max(200).optional(),
  problems: z
    .array(z.object({ field: z.string(), message: z.string(), mend: z.string() }))
    .max(1000)
    .default([]),
});

/** What a dispatcher answered instead of what it was asked for. */
export interface Refused {
  readonly host: string;
  readonly status: number;
  /** Its body, where that was JSON. */
  readonly body: unknown;
}

const MOST_PROBLEMS = 50;
const MOST_CHARACTERS = 2000;

/** What those codes are here that a command line's own faults do not have. */
const ABROAD: ReadonlyMap<string, ErrorCode> = new Map([
  ['forbidden', 'bad-input'],
  ['conflict', 'bad-input'],
  ['too-large', 'bad-input'],
  ['unsupported-media-type', 'bad-input'],
  ['too-many-requests', 'unavailable'],
]);

/** A dispatcher's refusal as a fault of ours, with the same code and fields, so that the exit status follows. */
export function faultOf({ host, status, body }: Refused): DrylaneError {
  if (status === 401) return unknownToken(host);
  const details = Details.safeParse(body).data;
  const name = details?.type.replace('https://drylane.dev/problems/', '') ?? '';
  const code = ABROAD.get(name) ?? (Object.hasOwn(ERROR_CODES, name) ? (name as ErrorCode) : undefined);
  if (details === undefined || code === undefined) return strange(host, `answered ${status}`);
  const problems = details.problems.slice(0, MOST_PROBLEMS).map(cut);
  return new DrylaneError(code, problems.length > 0 ? problems : ownTrouble(host, status, details.instance));
}

const cut = ({ field, message, mend }: Problem): Problem => ({
  field: field.slice(0, MOST_CHARACTERS),
  message: message.slice(0, MOST_CHARACTERS),
  mend: mend.slice(0, MOST_CHARACTERS),
});

/** What went wrong on its side is in its own log alone. */
function ownTrouble(host: string, status: number, instance = 'not named'): Problem {
  return {
    field: host,
    message: `answered ${status}: something is wrong there (${instance})`,
    mend: 'try again later; whoever runs it finds that answer in its log',
  };
}

function unknownToken(host: string): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'DRYLANE_TOKEN',
    message: `is not known to ${host}: it is of another fleet, has expired, or was revoked`,
    mend: 'ask an operator for another one (drylane token create), and put it into DRYLANE_TOKEN_FILE',
  });
}

/** The fault where something answered that is no dispatcher as this one knows them. */
export function strange(host: string, message: string, cause?: unknown): DrylaneError {
  return new DrylaneError(
    'unavailable',
    {
      field: host,
      message: `${message}, as no dispatcher of this version does`,
      mend: 'check DRYLANE_URL, and that drylane here and there are of one version',
    },
    { cause },
  );
}

/** The fault where nothing answered. */
export function away(host: string, why: string, cause?: unknown): DrylaneError {
  return new DrylaneError(
    'unavailable',
    {
      field: host,
      message: `cannot be reached: ${why}`,
      mend: 'check DRYLANE_URL, and whether the dispatcher is up: it answers at /readyz',
    },
    { cause },
  );
}
