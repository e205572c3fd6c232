import { at, median } from './figures.ts';

/** One line of the table: something that was measured, and what it was measured beside. */
export interface Row {
  readonly name: string;
  readonly n: number;
  readonly median_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** Of the median of the other; null where there was nothing to measure beside. */
  readonly ratio: number | null;
  readonly against: string | null;
  /** Medians in milliseconds of what it consists of; null where it was not taken apart. */
  readonly stages: Readonly<Record<string, number>> | null;
}

/** What a row's times are held against. */
interface Other {
  readonly name: string;
  readonly times: readonly number[];
}

/** Makes a row of times in milliseconds. */
export function rowOf(
  name: string,
  times: readonly number[],
  other?: Other,
  stages: ReadonlyMap<string, readonly number[]> = new Map(),
): Row {
  const named = [...stages].map(([stage, values]) => [stage, rounded(median(values))] as const);
  return {
    ...{ name, n: times.length },
    ...{
      median_ms: rounded(median(times)),
      p95_ms: rounded(at(times, 0.95)),
      p99_ms: rounded(at(times, 0.99)),
    },
    ...{ ratio: other === undefined ? null : rounded(median(times) / median(other.times)) },
    against: other === undefined ? null : `${other.name}, ${inMs(median(other.times))}`,
    stages: named.length === 0 ? null : Object.fromEntries(named),
  };
}

/** To three digits: nothing here is known better. */
const rounded = (value: number): number => Number(value.toPrecision(3));

const inMs = (ms: number): string => `${rounded(ms)} ms`;

/** A row as text, its stages on a line below. */
export function textOf({ name, n, median_ms, p95_ms, p99_ms, ratio, against, stages }: Row): string {
  const times = `n ${n}  median ${median_ms} ms  p95 ${p95_ms} ms  p99 ${p99_ms} ms`;
  const held = ratio === null ? '' : `  ${ratio} of ${against}`;
  const parts = Object.entries(stages ?? {}).map(([stage, ms]) => `${stage} ${ms}`);
  return `${name.padEnd(34)} ${times}${held}\n${parts.length === 0 ? '' : `  ${parts.join('  ')}\n`}`;
}
