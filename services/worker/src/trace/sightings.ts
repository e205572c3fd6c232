import type { Process } from './processes.ts';
import type { StepCell } from './step.ts';

/** Knows the canaries. */
export interface Watch {
  /** Names of the credentials whose canaries stand in some bytes, in whatever form. */
  in(bytes: Uint8Array): readonly string[];
}

/** Where a canary came by. */
export type Place = 'argv' | 'environment' | 'network';

/** A canary that was seen, once for a process and a place. */
export interface Seen {
  readonly credential: string;
  readonly where: Place;
  readonly process: Process;
  readonly step: StepCell;
}

/** All canaries seen. */
export interface Sightings {
  readonly kept: Seen[];
  readonly keys: Set<string>;
  leftOut: number;
}

const MOST = 1000;

/** None seen yet. */
export function noSightings(): Sightings {
  return { kept: [], keys: new Set(), leftOut: 0 };
}

/** Looks through bytes on their way out. */
export function watchBytes(
  sightings: Sightings,
  watch: Watch,
  process: Process,
  bytes: readonly Buffer[],
): void {
  for (const some of bytes)
    for (const credential of watch.in(some)) add(sightings, credential, 'network', process);
}

/** Looks through what a program is started with; a credential under its own name is where it belongs. */
export function watchStart(
  sightings: Sightings,
  watch: Watch,
  process: Process,
  { argv, environment }: { readonly argv: readonly Buffer[]; readonly environment: readonly Buffer[] },
): void {
  for (const bytes of argv)
    for (const credential of watch.in(bytes)) add(sightings, credential, 'argv', process);
  for (const bytes of environment)
    for (const credential of watch.in(bytes))
      if (!isNamed(bytes, credential)) add(sightings, credential, 'environment', process);
}

function isNamed(entry: Buffer, name: string): boolean {
  return entry.subarray(0, Buffer.byteLength(name) + 1).equals(Buffer.from(`${name}=`));
}

function add(sightings: Sightings, credential: string, where: Place, process: Process): void {
  const key = JSON.stringify([credential, where, process.id]);
  const { kept, keys } = sightings;
  if (keys.has(key)) return;
  if (kept.length >= MOST) {
    sightings.leftOut += 1;
    return;
  }
  keys.add(key);
  kept.push({ credential, where, process, step: process.step });
}
