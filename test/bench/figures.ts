/** The value below which this share of the values lies; 0 where there are none. */
export function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function median(values: readonly number[]): number {
  return at(values, 0.5);
}

/** Times in milliseconds, as a line of the table ends with them. */
export function timesOf(times: readonly number[]): string {
  return ` n ${times.length}  median ${median(times).toFixed(0)} ms  p95 ${at(times, 0.95).toFixed(0)} ms`;
}

/** A line of the table: what it is about, and what was measured. */
export function say(name: string, measured = ''): void {
  process.stdout.write(measured === '' ? `${name}\n` : `${name.padEnd(34)} ${measured.trimStart()}\n`);
}
