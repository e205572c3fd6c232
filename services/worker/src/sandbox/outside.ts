import { lstat, readFile } from 'node:fs/promises';
import type { Watch } from '@drylane/chassis/redact/watch';
import type { OutsideChange } from '@drylane/proto/evidence';
import type { PathRules } from '@drylane/proto/paths';
import type Docker from 'dockerode';
import { layersOf, observeLayer } from './layer.ts';
import type { ObservedOutside } from './sandbox.ts';

/** A change as the engine lists it for a container's own file system: 0 modified, 1 added, 2 deleted. */
export interface EngineChange {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

/** What to know for looking at a container's own files. */
export interface OutsideRequest {
  /** Paths that the engine made itself: mount points. */
  readonly made: readonly string[];
  /** A directory of this rehearsal alone, to mount below. */
  readonly place: string;
  readonly rules: PathRules;
  /** Looks for credentials in what was written; null when none was given. */
  readonly watch: Watch | null;
}

const KINDS = ['modified', 'added', 'deleted'] as const;

/**
 * What a command changed of its container's own files. Read from the container's topmost layer where we may
 * mount its image beside it; else the engine is asked, which walks the whole image and takes most of a second.
 */
export async function observeOutside(
  container: Docker.Container,
  { made, place, rules, watch }: OutsideRequest,
): Promise<ObservedOutside> {
  const engineMade = new Set(made.flatMap(withParents));
  const layers = layersOf(await container.inspect());
  const observed = layers && (await observeLayer(layers, { place, rules, made: engineMade, watch }));
  if (observed !== undefined) return observed;
  const listed = ((await container.changes()) ?? []) as EngineChange[];
  // The engine lists names and no contents: where credentials are about, not having looked is not complete.
  const changes = withoutBystanders(listed, engineMade);
  return { changes, spills: [], complete: watch === null || changes.length === 0 };
}

/** The engine's list, less what it made itself, and less directories that are listed for what is in them. */
export function withoutBystanders(
  changes: readonly EngineChange[],
  engineMade: ReadonlySet<string>,
): OutsideChange[] {
  const parents = new Set(changes.flatMap(({ Path }) => withParents(Path).slice(0, -1)));
  return changes
    .filter(({ Path, Kind }) => !engineMade.has(Path) && !(Kind !== 2 && parents.has(Path)))
    .map(({ Path, Kind }) => ({ path: Path, kind: KINDS[Kind] }));
}

/** `/a/b/c` → `/a`, `/a/b`, `/a/b/c`. */
function withParents(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
}

/** The files an engine writes for each container; ours stand in for them, so that a change to one is seen. */
export const IDENTITY_FILES: ReadonlyMap<string, string> = new Map([
  ['/etc/hosts', '127.0.0.1\tlocalhost drylane\n::1\tlocalhost\n'],
  ['/etc/hostname', 'drylane\n'],
  // A resolver that gets no answer and no refusal, as musl's, asks once and waits a second, not ten.
  ['/etc/resolv.conf', 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n'],
]);

export const IDENTITY_MODE = 0o644;

/** Which of the identity files are not as we wrote them. */
export async function changedIdentityFiles(sources: ReadonlyMap<string, string>): Promise<OutsideChange[]> {
  const changed: OutsideChange[] = [];
  for (const [path, source] of sources) {
    const [now, info] = await Promise.all([
      readFile(source, 'utf8').catch(() => undefined),
      lstat(source).catch(() => undefined),
    ]);
    const same =
      now === IDENTITY_FILES.get(path) && info !== undefined && (info.mode & 0o7777) === IDENTITY_MODE;
    if (!same || info.uid !== process.getuid?.()) changed.push({ path, kind: 'modified' });
  }
  return changed;
}
