import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Watch } from '@drylane/chassis/redact/watch';
import type { OutsideChange } from '@drylane/proto/evidence';
import type { PathPattern, PathRules } from '@drylane/proto/paths';
import { compilePattern } from '@drylane/proto/paths';
import type Docker from 'dockerode';
import type { StepLookup } from '../evidence/attribution.ts';
import { observeChanges } from '../evidence/changes.ts';
import type { ObservedOutside, WorkspaceView } from './sandbox.ts';

/** The directories of a container's root file system, as the engine's overlay2 driver has them. */
export interface Layers {
  /** What the container wrote. */
  readonly upper: string;
  /** Its image, colon-separated, uppermost first. */
  readonly lower: string;
}

/** The layers of a container, where its engine keeps them in directories. */
export function layersOf({ GraphDriver: driver }: Docker.ContainerInspectInfo): Layers | undefined {
  const { UpperDir: upper, LowerDir: lower } = (driver?.Data ?? {}) as Record<string, string | undefined>;
  if (driver?.Name !== 'overlay2' || upper === undefined || lower === undefined) return undefined;
  return { upper, lower };
}

interface LayerRequest {
  readonly place: string;
  readonly rules: PathRules;
  readonly made: ReadonlySet<string>;
  readonly watch: Watch | null;
}

// The kernel takes a page of mount options.
const MAX_OPTIONS = 4000;

/**
 * The changes that a container's topmost layer holds, found the way the workspace's are: the image is mounted
 * read-only beside it, once alone and once with the layer on top, so that no form of a removal needs to be known.
 * @returns undefined where this process may not look into the engine's directories or may not mount.
 */
export async function observeLayer(
  { upper, lower }: Layers,
  { place, rules, made, watch }: LayerRequest,
): Promise<ObservedOutside | undefined> {
  const written = await topPaths(upper, made);
  if (written === undefined) return undefined;
  if (!written) return { changes: [], spills: [], complete: true };
  if (upper.length + lower.length > MAX_OPTIONS) return undefined;

  const base = join(place, 'image');
  const merged = join(place, 'merged');
  await Promise.all([base, merged].map((dir) => mkdir(dir, { recursive: true })));
  if (!(await mountReadOnly(lower, base))) return undefined;
  if (!(await mountReadOnly(`${upper}:${lower}`, merged))) return undefined;
  const view: WorkspaceView = {
    lower: Buffer.from(base),
    upper: Buffer.from(upper),
    async names(directories) {
      const listed = new Map<string, Buffer[]>();
      for (const path of directories) {
        const whole = Buffer.concat([Buffer.from(`${merged}/`), path]);
        listed.set(path.toString('latin1'), await readdir(whole, { encoding: 'buffer' }));
      }
      return listed;
    },
  };
  const observed = await observeChanges(view, fromRoot(rules), NO_STEPS, () => null, watch);
  const { changes, complete } = observed;
  const outside = changes
    .map(({ path, kind }): OutsideChange => ({ path: `/${path}`, kind: OUTSIDE_KIND[kind] }))
    .filter(({ path, kind }) => path !== '/.' && !(kind === 'added' && made.has(path)));
  const spills = observed.spills.map(({ credential, path }) => ({ credential, path: `/${path}` }));
  return { changes: outside, spills, complete };
}

const OUTSIDE_KIND = {
  added: 'added',
  deleted: 'deleted',
  modified: 'modified',
  mode: 'modified',
  type: 'modified',
} as const;

/** The container's own files are not watched step by step. */
const NO_STEPS: StepLookup = { stepOf: () => null, lastStepIn: () => null, touchedBy: () => [] };

/** Whether the layer holds more than what the engine made; undefined where it may not be read. */
async function topPaths(upper: string, made: ReadonlySet<string>): Promise<boolean | undefined> {
  const pending = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const entries = await readdir(join(upper, directory), { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return undefined;
    for (const entry of entries) {
      const path = `${directory}/${entry.name}`;
      if (!made.has(path)) return true;
      if (entry.isDirectory()) pending.push(path);
    }
  }
  return false;
}

async function mountReadOnly(layers: string, at: string): Promise<boolean> {
  const options = `lowerdir=${layers},ro,nosuid,nodev,redirect_dir=off,metacopy=off,index=off`;
  const child = spawn('mount', ['-t', 'overlay', '-o', options, 'drylane', at], { stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status === 0;
}

/** The absolute patterns of the rules, as patterns from the container's root. */
function fromRoot(rules: PathRules): PathRules {
  const rooted = (patterns: PathRules['expected']) =>
    patterns
      .filter((pattern) => pattern.absolute)
      .map((pattern) => compilePattern(pattern.source.slice(1) as PathPattern));
  return { expected: rooted(rules.expected), forbidden: rooted(rules.forbidden) };
}
