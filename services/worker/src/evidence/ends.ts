/** The two ends of a stream of bytes. */
export interface Ends {
  readonly first: Buffer;
  readonly last: Buffer;
  /** Bytes between the two that were not kept; 0: both together are the whole. */
  readonly leftOut: number;
}

/** A stream of which the ends are kept. */
export interface EndsKeeper {
  /** Takes bytes; the chunk may be used again afterwards. */
  push(chunk: Uint8Array): void;
  ends(): Ends;
}

/** Keeps the first and the last half of `limit` bytes; the last ones in a ring, so that memory never grows past it. */
export function keepEnds(limit: number): EndsKeeper {
  const head = Buffer.alloc(Math.ceil(limit / 2));
  const ring = Buffer.alloc(Math.floor(limit / 2));
  let headBytes = 0;
  let ringBytes = 0;

  function toRing(chunk: Uint8Array): void {
    const last = chunk.subarray(Math.max(0, chunk.length - ring.length));
    const at = ring.length === 0 ? 0 : (ringBytes + chunk.length - last.length) % ring.length;
    const fits = Math.min(last.length, ring.length - at);
    ring.set(last.subarray(0, fits), at);
    ring.set(last.subarray(fits), 0);
    ringBytes += chunk.length;
  }

  return {
    push(chunk) {
      const taken = Math.min(chunk.length, head.length - headBytes);
      head.set(chunk.subarray(0, taken), headBytes);
      headBytes += taken;
      if (taken < chunk.length) toRing(chunk.subarray(taken));
    },
    ends() {
      const first = head.subarray(0, headBytes);
      if (ringBytes <= ring.length) return { first, last: ring.subarray(0, ringBytes), leftOut: 0 };
      const seam = ring.length === 0 ? 0 : ringBytes % ring.length;
      const last = Buffer.concat([ring.subarray(seam), ring.subarray(0, seam)]);
      return { first, last, leftOut: ringBytes - ring.length };
    },
  };
}
