/** Milliseconds from one time to another, to the microsecond that the tracer tells; 0 for what was before. */
export function since(startMs: number, atMs: number): number {
  return Math.max(0, Math.round((atMs - startMs) * 1000) / 1000);
}
