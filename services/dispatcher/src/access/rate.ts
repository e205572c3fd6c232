/** How much one principal may ask: `burst` at once, and `perSecond` in the long run. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * A bucket of tokens, of which each request takes one, as one number: the time in ms at which it is full again. What it
 * holds at any other time follows from that (the generic cell rate algorithm, ITU-T I.371).
 */
export type Bucket = number;

export type Taken =
  | { readonly allowed: true; readonly bucket: Bucket }
  | { readonly allowed: false; readonly bucket: Bucket; readonly retryAfterSeconds: number };

/** Takes one token from a bucket, or says in how many whole seconds, one at least, there is one again. */
export function take(bucket: Bucket, nowMs: number, { perSecond, burst }: Rate): Taken {
  const everyMs = 1000 / perSecond;
  const capacityMs = burst * everyMs;
  // A bucket is never emptier than empty, which it would be after a clock was set back.
  const missingMs = Math.min(Math.max(bucket - nowMs, 0), capacityMs);
  const lackingMs = missingMs + everyMs - capacityMs;
  if (lackingMs <= SLACK_MS) return { allowed: true, bucket: nowMs + missingMs + everyMs };
  return {
    allowed: false,
    bucket: nowMs + missingMs,
    retryAfterSeconds: Math.max(1, Math.ceil((lackingMs - SLACK_MS) / 1000)),
  };
}

// What is lost to rounding must not cost a request.
const SLACK_MS = 0.001;

export type RateAnswer = Pick<Taken, 'allowed'> & { readonly retryAfterSeconds?: number };

/**
 * Counts the requests of each principal by itself, of `most` principals at once. Beyond that the one that asked least
 * lately is forgotten, and begins with a full bucket when it comes back: choose more than there are tokens.
 */
export function rateLimiter(rate: Rate, most: number): (principal: string, nowMs: number) => RateAnswer {
  const buckets = new Map<string, Bucket>();
  return (principal, nowMs) => {
    const { bucket, ...answer } = take(buckets.get(principal) ?? nowMs, nowMs, rate);
    // Taken away first, so that it becomes the last in the order of the map.
    buckets.delete(principal);
    buckets.set(principal, bucket);
    for (const [oldest] of buckets) {
      if (buckets.size <= most) break;
      buckets.delete(oldest);
    }
    return answer;
  };
}
