import type { Process } from './processes.ts';
import type { StepCell } from './step.ts';

/** The most attempts kept; further ones are counted as often as they are tried. */
export const MOST_ATTEMPTS = 1000;
const MOST_REACHES = 100_000;

/** Where a program tried to get to. */
export interface Target {
  readonly protocol: 'dns' | 'tcp' | 'udp' | 'unix';
  readonly host: string | null;
  readonly address: string | null;
  readonly port: number | null;
  /** It does not reach for anything, but lets itself be reached from elsewhere. */
  readonly listens?: true;
}

/** One attempt: by whom first, and in which step. */
export interface Attempt extends Target {
  readonly process: Process;
  readonly program: string;
  readonly step: StepCell;
}

/** All attempts of a trace, each once for a program and a step, and which processes made them. */
export interface Attempts {
  readonly kept: Attempt[];
  readonly index: Map<string, number>;
  /** Steps by number, so that they can stand in a key. */
  readonly stepIds: Map<StepCell, number>;
  /** Pairs of a process's id and an attempt's index. */
  readonly reaches: (readonly [process: number, attempt: number])[];
  readonly reached: Set<string>;
  leftOut: number;
}

/** No attempt yet. */
export function noAttempts(): Attempts {
  return { kept: [], index: new Map(), stepIds: new Map(), reaches: [], reached: new Set(), leftOut: 0 };
}

/** Notes that a process tried to get somewhere. */
export function addAttempt(
  attempts: Attempts,
  process: Process,
  target: Target,
  { program, step }: { readonly program: string; readonly step: StepCell } = process,
): void {
  const stepId = attempts.stepIds.get(step) ?? attempts.stepIds.size;
  const key = keyOf(target, program, stepId);
  let at = attempts.index.get(key);
  if (at === undefined) {
    if (attempts.kept.length >= MOST_ATTEMPTS) {
      attempts.leftOut += 1;
      return;
    }
    attempts.stepIds.set(step, stepId);
    at = attempts.kept.push({ ...target, process, program, step }) - 1;
    attempts.index.set(key, at);
  }
  reach(attempts, process.id, at);
}

function keyOf({ protocol, host, address, port, listens }: Target, program: string, step: number): string {
  return JSON.stringify([step, program, protocol, host, address, port, listens === true]);
}

function reach(attempts: Attempts, process: number, attempt: number): void {
  const key = `${process} ${attempt}`;
  if (attempts.reached.has(key)) return;
  if (attempts.reaches.length >= MOST_REACHES) attempts.leftOut += 1;
  else {
    attempts.reached.add(key);
    attempts.reaches.push([process, attempt]);
  }
}
