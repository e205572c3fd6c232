import type { Finding } from '@drylane/proto/decision';
import type { Evidence, NetworkAttempt, StepEvidence } from '@drylane/proto/evidence';
import { namesHost } from '@drylane/proto/hosts';
import type { Allowance } from './comparison.ts';
import { counted, listed } from './say.ts';

/** What was observed of one run, and what `compare` found in it. */
export interface Observed {
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
}

/** A rehearsal, the live run that was approved by it, and what both were allowed. */
export interface Runs {
  readonly rehearsal: Observed;
  readonly live: Observed;
  readonly allowance: Pick<Allowance, 'network' | 'credentials'>;
}

/** The ways in which a live run can be another than the one that was approved. */
export const DIVERGENCES = [
  'diverged-intent',
  'diverged-image',
  'diverged-steps',
  'diverged-paths',
  'diverged-hosts',
  'diverged-exit',
] as const;
export type Divergence = (typeof DIVERGENCES)[number];

/**
 * In what a live run was another than its rehearsal. Where the rehearsal kept nothing from the command, both must have
 * changed the same paths, reached for the same hosts and ended alike. Where it did, live could not but differ from there
 * on: then every step before that one must be the same, and the whole is held to intent. A live run is held to intent
 * in any case; what was found in the rehearsal too, word by word, was approved with it.
 */
export function diverge({ rehearsal, live, allowance }: Runs): readonly Finding[] {
  const first = firstStripped(rehearsal.evidence, allowance);
  const [before, after] = [rehearsal.evidence, live.evidence];
  const differences =
    first === null ? wholeDifferences(before, after) : stepDifferences(before, after, first);
  return [
    ...againstIntent(rehearsal.findings, live.findings),
    ...(before.fidelity.image === after.fidelity.image
      ? []
      : [found('diverged-image', 'the live run used another image than the rehearsal')]),
    ...differences,
  ];
}

/**
 * The first step in which the rehearsal kept something from the command: a declared host that it reached for, or a
 * credential, which a command can read anywhere without leaving evidence. Null: nothing was kept from it.
 */
function firstStripped(evidence: Evidence, { network, credentials }: Runs['allowance']): number | null {
  if (credentials.length > 0 || evidence.fidelity.mocked_credentials.length > 0) return 0;
  const stripped = evidence.network.filter(
    (attempt) => attempt.declared && network.some((pattern) => namesHost(pattern, attempt)),
  );
  if (stripped.length === 0) return null;
  // In which step nobody knows: it may have been the first.
  return Math.min(...stripped.map(({ step }) => step ?? 0));
}

// These speak of what a rehearsal takes away; from a live run nothing was taken.
const OF_REHEARSALS: ReadonlySet<string> = new Set(['stripped-capability', 'sandbox-caused-failure']);

function againstIntent(approved: readonly Finding[], findings: readonly Finding[]): readonly Finding[] {
  const known = new Set(approved.filter(({ severity }) => severity === 'hold').map(keyOf));
  return findings
    .filter(({ rule, severity }) => severity !== 'note' && !OF_REHEARSALS.has(rule))
    .filter((finding) => !known.has(keyOf(finding)))
    .map(({ rule, message, paths, step }) => found('diverged-intent', `${rule}: ${message}`, paths, step));
}

const keyOf = ({ rule, severity, message, paths }: Finding): string =>
  JSON.stringify([rule, severity, message, paths]);

function wholeDifferences(before: Evidence, after: Evidence): readonly Finding[] {
  const paths = differing(touched(before), touched(after));
  const hosts = differing(before.network.map(hostOf), after.network.map(hostOf));
  const steps = before.steps.flatMap((step) => endDifference(step, after));
  const [was, is] = [endOf(before), endOf(after)];
  return [
    ...stepsSplitDifferently(before.steps, after.steps),
    ...(paths.length === 0 ? [] : [onPaths(paths)]),
    ...(hosts.length === 0 ? [] : [onHosts(hosts)]),
    ...steps,
    ...(was === is || steps.length > 0
      ? []
      : [found('diverged-exit', `live ${is} and its rehearsal ${was}`)]),
  ];
}

/** What every step before one did, in both runs. */
function stepDifferences(before: Evidence, after: Evidence, first: number): readonly Finding[] {
  const earlier = before.steps.filter(({ index }) => index < first);
  return [
    ...stepsSplitDifferently(before.steps, after.steps),
    ...earlier.flatMap((step) => [...reachDifferences(step, before, after), ...endDifference(step, after)]),
  ];
}

function stepsSplitDifferently(
  before: readonly StepEvidence[],
  after: readonly StepEvidence[],
): readonly Finding[] {
  const texts = (steps: readonly StepEvidence[]): string =>
    JSON.stringify(steps.map(({ index, text, operator, opaque }) => [index, text, operator, opaque]));
  if (texts(before) === texts(after)) return [];
  return [found('diverged-steps', 'the command was not split into the same steps')];
}

/** What one step changed and reached in one run and not in the other. */
function reachDifferences({ index, changes }: StepEvidence, before: Evidence, after: Evidence) {
  const paths = differing(changes, stepOf(after, index)?.changes ?? []);
  const hostsIn = ({ network }: Evidence): readonly string[] =>
    network.filter(({ step }) => step === index).map(hostOf);
  const hosts = differing(hostsIn(before), hostsIn(after));
  return [
    ...(paths.length === 0 ? [] : [onPaths(paths, index)]),
    ...(hosts.length === 0 ? [] : [onHosts(hosts, index)]),
  ];
}

/** Whether one step ended otherwise. How the parts of a pipe ended is a matter of who was faster. */
function endDifference(step: StepEvidence, after: Evidence): readonly Finding[] {
  const other = stepOf(after, step.index);
  const [was, is] = [stepEnd(step), other === undefined ? 'is not there' : stepEnd(other)];
  if (was === is) return [];
  return [found('diverged-exit', `a step ${is} live and ${was} in its rehearsal`, [], step.index)];
}

const stepOf = ({ steps }: Evidence, index: number): StepEvidence | undefined =>
  steps.find((step) => step.index === index);

/** Every path that changed, with how: the same path changed in another way is another change. */
function touched({ changes, outside }: Evidence): readonly string[] {
  return [
    ...changes.map(({ path, kind, type, entries }) => `${path}\0${kind} ${type} ${entries}`),
    ...outside.map(({ path, kind }) => `${path}\0${kind}`),
  ];
}

function hostOf({ protocol, host, address, port }: NetworkAttempt): string {
  const name = host ?? address ?? 'an unknown host';
  return protocol === 'dns' || port === null ? `${name} (${protocol})` : `${name}:${port} (${protocol})`;
}

function endOf({ exit_code, signal }: Evidence): string {
  if (signal !== null) return `was ended by ${signal}`;
  return exit_code === null ? 'was stopped' : `exited with ${exit_code}`;
}

function stepEnd({ ran, exit_code }: StepEvidence): string {
  if (!ran) return 'did not run';
  return exit_code === null ? 'ran' : `exited with ${exit_code}`;
}

/** What is in one of two lists and not in the other. */
function differing(one: readonly string[], other: readonly string[]): readonly string[] {
  const [a, b] = [new Set(one), new Set(other)];
  return [...[...a].filter((item) => !b.has(item)), ...[...b].filter((item) => !a.has(item))];
}

function onPaths(differences: readonly string[], step: number | null = null): Finding {
  const paths = [...new Set(differences.map((difference) => difference.split('\0')[0] ?? ''))];
  const message = `${counted(paths.length, 'path')} not changed by both alike: ${listed(paths)}`;
  return found('diverged-paths', message, paths, step);
}

function onHosts(hosts: readonly string[], step: number | null = null): Finding {
  return found('diverged-hosts', `not reached by both alike: ${listed(hosts)}`, [], step);
}

function found(
  rule: Divergence,
  message: string,
  paths: readonly string[] = [],
  step: number | null = null,
): Finding {
  return { rule, severity: 'block', message, paths: [...paths], step };
}
