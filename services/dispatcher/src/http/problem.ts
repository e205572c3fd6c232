import { ERROR_CODES, type Problem } from '@drylane/proto/errors';
import { z } from 'zod';

/** What can go wrong with a request before anything of drylane's hears of it. */
const REQUEST_CODES = {
  unauthenticated: { title: 'who asks is not known' },
  forbidden: { title: 'who asks may not do this' },
  conflict: { title: 'something else stands there already' },
  'too-large': { title: 'it is larger than what is taken here' },
  'unsupported-media-type': { title: 'it is of a kind that is not taken here' },
  'too-many-requests': { title: 'that was too much at once' },
} as const;

const CODES = { ...ERROR_CODES, ...REQUEST_CODES };

export type ProblemCode = keyof typeof CODES;
export const PROBLEM_CODES = Object.keys(CODES) as [ProblemCode, ...ProblemCode[]];

/** How each code is answered; a code without a status is a type error. */
export const STATUSES: Readonly<Record<ProblemCode, number>> = {
  'bad-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'not-promotable': 409,
  'approval-needed': 409,
  'illegal-transition': 409,
  'too-large': 413,
  'unsupported-media-type': 415,
  'too-many-requests': 429,
  'bad-policy': 500,
  'sandbox-failed': 500,
  internal: 500,
  'machine-unfit': 503,
  unavailable: 503,
};

export const PROBLEM_TYPE = 'application/problem+json';
const TYPE_PREFIX = 'https://drylane.dev/problems/';

/** Problem details by RFC 9457. */
export const ProblemDetails = z
  .strictObject({
    type: z.enum(PROBLEM_CODES.map((code) => `${TYPE_PREFIX}${code}` as const)),
    title: z.string(),
    status: z.int().min(400).max(599),
    instance: z.string().describe('This very answer, as the log of the dispatcher calls it'),
    problems: z
      .array(z.strictObject({ field: z.string(), message: z.string(), mend: z.string() }))
      .describe('Each thing that is wrong, where it stands, and what to do about it'),
  })
  .describe('What went wrong');
export type ProblemDetails = z.infer<typeof ProblemDetails>;

/** Why a request is not answered as it wishes. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly problems: readonly Problem[];
  readonly retryAfterS?: number;
}

/** How long to wait before asking again where nobody knows better, in seconds. */
const SOON_S = 5;

/** When to ask again; undefined where asking again does not help. */
export function retryAfterOf({ code, retryAfterS }: Refusal): number | undefined {
  return retryAfterS ?? (STATUSES[code] === 503 ? SOON_S : undefined);
}

/**
 * A refusal as it is sent. What went wrong on our side is for the log alone: it may name files, hosts and other tenants'
 * things. `clean` takes secrets out of what may repeat a request.
 */
export function detailsOf(
  { code, problems }: Refusal,
  request: string,
  clean: (text: string) => string,
): ProblemDetails {
  const status = STATUSES[code];
  return {
    type: `${TYPE_PREFIX}${code}`,
    title: CODES[code].title,
    status,
    instance: `urn:drylane:request:${request}`,
    problems:
      status >= 500
        ? []
        : problems.map(({ field, message, mend }) => ({
            field: clean(field),
            message: clean(message),
            mend: clean(mend),
          })),
  };
}

/** A refusal with one problem. */
export function refusal(code: ProblemCode, field: string, message: string, mend: string): Refusal {
  return { code, problems: [{ field, message, mend }] };
}
