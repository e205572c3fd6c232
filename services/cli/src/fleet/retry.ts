/** How often, and how long, is tried again. Times are milliseconds. */
export interface Patience {
  readonly tries: number;
  readonly firstMs: number;
  /** The longest wait, whatever the server asks for. */
  readonly longestMs: number;
}

export const PATIENCE: Patience = { tries: 5, firstMs: 250, longestMs: 15_000 };

/** How an attempt went wrong. */
export type Failure =
  /** Nobody took the request at all. */
  | { readonly kind: 'refused-connection' }
  /** It may have been heard or not. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | null };

/** What an attempt was of, and the how manieth it was, from 1. */
export interface Attempt {
  readonly failure: Failure;
  readonly attempt: number;
  /** Whether asking twice is asking once. */
  readonly isSafe: boolean;
}

/** How long to wait before the next attempt; undefined where there is to be none. `random` is 0 to 1. */
export function waitBefore(
  { failure, attempt, isSafe }: Attempt,
  { tries, firstMs, longestMs }: Patience,
  random: number,
): number | undefined {
  if (attempt >= tries || !mayHelp(failure, isSafe)) return undefined;
  const asked = failure.kind === 'answer' ? secondsOf(failure.retryAfter) : undefined;
  if (asked !== undefined) return asked * 1000 > longestMs ? undefined : asked * 1000;
  // Not all at the same moment, where many lost the same server.
  return Math.min(longestMs, firstMs * 2 ** (attempt - 1)) * (0.5 + random / 2);
}

function mayHelp(failure: Failure, isSafe: boolean): boolean {
  if (failure.kind === 'refused-connection') return true;
  if (failure.kind === 'lost') return isSafe;
  // Too many at once: turned away before anything was done.
  if (failure.status === 429) return true;
  return isSafe && [502, 503, 504].includes(failure.status);
}

/** The seconds of a Retry-After; a date is not taken, because no dispatcher of ours sends one. */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}
