import { type Envelope, type Intent, NetworkPattern } from '@drylane/proto/envelope';
import type { Change, Evidence, NetworkAttempt } from '@drylane/proto/evidence';
import {
  type CompiledPattern,
  compilePattern,
  decodePath,
  matchesPattern,
  type PathPattern,
} from '@drylane/proto/paths';
import { cover, type Written } from './cover.ts';
import { patternsOverlap } from './overlap.ts';

// Together no more than an intent may hold.
const MOST_INSIDE = 900;
const MOST_OUTSIDE = 100;
const MOST_HOSTS = 1000;

// A hostile run has many of both; beyond this, directories are not generalised.
const MOST_PAIRS = 1_000_000;

/** The part of evidence that an intent can speak of. */
export type Observed = Pick<Evidence, 'exit_code' | 'changes' | 'outside' | 'network'>;

/**
 * The smallest intent that would have covered what was observed. It never loosens: what is forbidden (the
 * intent's own patterns and, as `forbidden`, those that policy adds) stays so, and a forbidden path that was touched
 * is not among the expected writes, so a run that touched one would be blocked again. Unix sockets and IPv6
 * addresses cannot be written in an intent and are left out.
 */
export function suggest(
  evidence: Observed,
  { intent }: Pick<Envelope, 'intent'>,
  forbidden: readonly PathPattern[] = intent.forbidden_paths ?? [],
): Intent {
  const writes = expectedWrites(evidence, forbidden);
  const exits = expectedExit(evidence, intent);
  return {
    ...(intent.summary === undefined ? {} : { summary: intent.summary }),
    mode: writes.length > 0 ? 'mutating' : 'read-only',
    ...(writes.length > 0 ? { expected_writes: [...writes] } : {}),
    ...(intent.forbidden_paths === undefined ? {} : { forbidden_paths: intent.forbidden_paths }),
    network: hostsTried(evidence.network),
    ...(intent.credentials === undefined ? {} : { credentials: intent.credentials }),
    ...(exits === undefined ? {} : { expected_exit: exits }),
    ...(intent.reviewer_note === undefined ? {} : { reviewer_note: intent.reviewer_note }),
  };
}

function expectedWrites(evidence: Observed, patterns: readonly PathPattern[]): readonly PathPattern[] {
  const compiled = patterns.map(compilePattern);
  const touched = evidence.changes.filter(({ class: recorded }) => recorded === 'forbidden');
  const forbidden = [...compiled, ...touched.map(exactly)];
  const free = evidence.changes
    .map((change) => ({ change, path: decodePath(change.path) }))
    .filter(({ change, path }) => change.class !== 'forbidden' && isFree(compiled, path, false));
  const affordable = free.length * forbidden.length <= MOST_PAIRS;
  const parents = new Set(free.flatMap(({ path }) => directoriesOf(path)));
  const inside = free.map(({ change, path }): Written => {
    const wholeNew = isNewDirectory(change) && parents.has(path.toString('latin1'));
    const harmless = () => affordable && !forbidden.some((other) => patternsOverlap(other, exactly(change)));
    return { path, tree: change.entries > 1 || (wholeNew && harmless()) };
  });
  const outside = evidence.outside
    .map(({ path }): Written => ({ path: decodePath(path.replace(/^\/+/, '')), tree: false }))
    .filter(({ path }) => isFree(compiled, path, true));
  return [
    ...cover(inside, { absolute: false, forbidden, most: MOST_INSIDE }),
    ...cover(outside, { absolute: true, forbidden, most: MOST_OUTSIDE }),
  ];
}

function isNewDirectory({ kind, type }: Change): boolean {
  return kind === 'added' && type === 'dir';
}

function directoriesOf(path: Buffer): readonly string[] {
  const parts = path.toString('latin1').split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function isFree(forbidden: readonly CompiledPattern[], path: Uint8Array, absolute: boolean): boolean {
  return !forbidden.some((pattern) => matchesPattern(pattern, path, absolute));
}

/** A path that was touched, as a pattern that means it and what is below it. */
function exactly({ path }: Change): CompiledPattern {
  const segments = decodePath(path).toString('latin1').split('/');
  return { source: path, absolute: false, segments, subtree: true, crosses: false, memo: new Map() };
}

function expectedExit({ exit_code: status }: Observed, intent: Intent): number[] | undefined {
  if (status === null || status < 0 || status > 255) return intent.expected_exit;
  return status === 0 ? undefined : [status];
}

function hostsTried(attempts: readonly NetworkAttempt[]): 'none' | string[] {
  const reached = attempts
    .filter(({ protocol }) => protocol === 'tcp' || protocol === 'udp')
    .map(hostAndPort);
  const named = new Set(reached.map((pattern) => pattern.replace(/:\d+$/, '')));
  const lookedUp = attempts
    .filter(({ protocol }) => protocol === 'dns')
    .map(({ host, address }) => plain(host ?? address ?? ''))
    .filter((host) => !named.has(host));
  const patterns = [...new Set([...reached, ...lookedUp])].filter((p) => NetworkPattern.safeParse(p).success);
  return patterns.length === 0 ? 'none' : patterns.sort().slice(0, MOST_HOSTS);
}

function hostAndPort({ host, address, port }: NetworkAttempt): string {
  const name = plain(host ?? address ?? '');
  return port === null || port === 0 ? name : `${name}:${port}`;
}

function plain(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
