import type { Step, StepPlan } from '@drylane/proto/steps';

/** What a step's end marker says. It is a claim: the command can write one as well. */
export interface Marker {
  readonly index: number;
  readonly status: number;
  /** The shell's option letters, `$-`. */
  readonly flags: string;
  readonly pipeStatus: readonly number[];
}

/** A marker and when it came, in milliseconds of any one clock. */
export interface TimedMarker extends Marker {
  readonly atMs: number;
}

/** How the shell began and ended, by the same clock. `exitCode` is null when it was stopped from outside. */
export interface ShellRun {
  readonly exitCode: number | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** What became of one step. */
export interface SettledStep {
  readonly index: number;
  readonly ran: boolean;
  /** Null when it did not run, was stopped from outside, or runs in the background. */
  readonly exitCode: number | null;
  readonly pipeStatus: readonly number[];
  /** Null when it did not run. */
  readonly startMs: number | null;
  readonly endMs: number | null;
}

export interface SettledSteps {
  readonly steps: readonly SettledStep[];
  /** The markers tell a story that this text cannot have: one of them was forged, or held back. */
  readonly tampered: boolean;
}

const MAX_MARKER_LENGTH = 4096;

/** Reads a marker's line, without its newline; undefined for anything that our shell function does not write. */
export function parseMarker(line: string): Marker | undefined {
  if (line.length > MAX_MARKER_LENGTH) return undefined;
  const match = /^s (\d{1,4}) (\d{1,3}) -([A-Za-z]{0,32})((?: \d{1,3})*)$/.exec(line);
  if (!match) return undefined;
  const [, index, status, flags = '', pipes = ''] = match;
  const pipeStatus = pipes === '' ? [] : pipes.slice(1).split(' ').map(Number);
  if (Number(status) > 255 || pipeStatus.some((value) => value > 255)) return undefined;
  return { index: Number(index), status: Number(status), flags, pipeStatus };
}

/**
 * Walks the steps as the shell does and says what became of each, from the markers in the order they came. A
 * step without its marker is where the shell ended, or, in bash, where a failed expansion made it give up the
 * rest of that unit. Which of the two cannot be told when no later marker comes; then the shell ended there.
 *
 * Markers bind file changes to steps; they are no boundary against a command that forges a whole plausible story.
 */
export function settleSteps(plan: StepPlan, markers: readonly TimedMarker[], shell: ShellRun): SettledSteps {
  const settled: SettledStep[] = plan.steps.map(({ index }) => notRun(index));
  const { steps } = plan;
  let next = 0;
  let chain = 0;
  let clock = shell.startedAtMs;
  for (let at = 0; at < steps.length; ) {
    const step = steps[at];
    if (step === undefined) break;
    if (!runs(step, chain)) {
      at++;
      continue;
    }
    if (step.background) {
      settled[at] = { ...ranWith(step, null, clock, clock), pipeStatus: [] };
      chain = 0;
      at++;
      continue;
    }
    const marker = markers[next];
    if (marker === undefined) {
      settled[at] = ranWith(step, shell.exitCode, clock, shell.endedAtMs);
      return { steps: settled, tampered: isSilenced(plan, step, shell) };
    }
    if (step.marked && marker.index === step.index) {
      settled[at] = told(step, marker, clock);
      chain = marker.status;
      clock = marker.atMs;
      next++;
      at++;
      continue;
    }
    const resumed = plan.shell === 'bash' ? steps.findIndex((s) => s.unit > step.unit) : -1;
    if (resumed < 0 || marker.index < resumed) {
      for (const rest of steps.slice(at)) settled[rest.index] = ranWith(rest, null, clock, shell.endedAtMs);
      return { steps: settled, tampered: true };
    }
    // bash's parse_and_execute sets the status to 1 (EXECUTION_FAILURE) when it gives up a unit.
    settled[at] = ranWith(step, 1, clock, clock);
    at = resumed;
    chain = 0;
  }
  return { steps: settled, tampered: next < markers.length };
}

/**
 * Whether the markers may have been switched off by text that is not here: the shell ended well in a step that does
 * not say so, with others after it, in a command that runs such text.
 */
function isSilenced({ steps }: StepPlan, step: Step, { exitCode }: ShellRun): boolean {
  if (exitCode !== 0 || !step.marked || step.index === steps.length - 1) return false;
  const endsShell = /\b(exit|exec|logout|return|kill)\b/.test(step.text);
  return !endsShell && steps.some(({ text }) => /(^|[\s;&|({])(\.|source|eval|enable)\s/.test(text));
}

function runs(step: Step, chain: number): boolean {
  if (step.operator === '&&') return chain === 0;
  if (step.operator === '||') return chain !== 0;
  return true;
}

function notRun(index: number): SettledStep {
  return { index, ran: false, exitCode: null, pipeStatus: [], startMs: null, endMs: null };
}

function ranWith(step: Step, exitCode: number | null, startMs: number, endMs: number): SettledStep {
  const pipeStatus = step.pipeStatus === 'own' && exitCode !== null ? [exitCode] : [];
  return { index: step.index, ran: true, exitCode, pipeStatus, startMs, endMs };
}

function told(step: Step, marker: TimedMarker, startMs: number): SettledStep {
  const settled = ranWith(step, marker.status, startMs, marker.atMs);
  return step.pipeStatus === 'reported' ? { ...settled, pipeStatus: marker.pipeStatus } : settled;
}
