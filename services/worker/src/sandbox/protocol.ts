/**
 * Why the runner ran nothing: no overlay over the workspace, or something mounted inside it, processes that can look into
 * each other, no such shell, or one that started something when it was only to read, or a directory to run in that
 * cannot be entered.
 */
export type Refusal = 'uncovered' | 'buried' | 'exposed' | 'shell' | 'company' | 'place';

/** What the runner tells before it becomes the tracer. */
export type Report =
  | { readonly kind: 'opened' }
  /** Nothing runs but itself, and all that will run is watched: now it may have credentials and a way out. */
  | { readonly kind: 'checked' }
  | { readonly kind: 'began'; readonly split: boolean }
  | { readonly kind: 'refused'; readonly why: Refusal };

/** Reads one line of the runner's, without its newline; undefined for what it never writes. */
export function parseReport(line: string): Report | undefined {
  return REPORTS.get(line);
}

const REPORTS: ReadonlyMap<string, Report> = new Map<string, Report>([
  ['r', { kind: 'opened' }],
  ['c', { kind: 'checked' }],
  ['b split', { kind: 'began', split: true }],
  ['b whole', { kind: 'began', split: false }],
  ['f uncovered', { kind: 'refused', why: 'uncovered' }],
  ['f buried', { kind: 'refused', why: 'buried' }],
  ['f exposed', { kind: 'refused', why: 'exposed' }],
  ['f shell', { kind: 'refused', why: 'shell' }],
  ['f company', { kind: 'refused', why: 'company' }],
  ['f place', { kind: 'refused', why: 'place' }],
]);
