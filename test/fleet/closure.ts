import { basename, dirname, join } from 'node:path/posix';
import { z } from 'zod';

const Names = z.record(z.string(), z.string()).default({});

/** What of package-lock.json decides which packages a service needs to run. */
const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().default(false),
      optional: z.boolean().default(false),
      dependencies: Names,
      optionalDependencies: Names,
      peerDependencies: Names,
      peerDependenciesMeta: z
        .record(z.string(), z.object({ optional: z.boolean().default(false) }))
        .default({}),
    }),
  ),
});
type Packages = z.infer<typeof Lockfile>['packages'];

/** What a service needs at run time; all paths are relative to the repository. */
export interface Closure {
  /** Directories of ours, the service's among them. */
  readonly workspaces: readonly string[];
  /** Links to those in node_modules. */
  readonly links: readonly string[];
  /** Directories of packages, with the digest that the lockfile pins. */
  readonly packages: Readonly<Record<string, string>>;
  /** Those of them that need not be there: other systems' for instance. */
  readonly optional: ReadonlySet<string>;
}

/**
 * Follows a service's dependencies through the text of package-lock.json as Node looks packages up, without those that
 * are for development. Optional packages that the lockfile does not have, such as another system's, are left out.
 * @throws Error for a dependency that the lockfile lacks.
 */
export function closureOf(workspace: string, lockfile: string): Closure {
  const { packages } = Lockfile.parse(JSON.parse(lockfile));
  const workspaces = new Set<string>();
  const links = new Set<string>();
  const found = new Map<string, string>();
  const pending = [workspace];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const entry = packages[at];
    if (entry === undefined) throw new Error(`package-lock.json has no ${at}`);
    if (entry.link) links.add(at);
    else if (isPackage(at)) found.set(at, `${entry.version} ${entry.integrity}`);
    else workspaces.add(at);
    const next = entry.link && entry.resolved !== undefined ? [entry.resolved] : needsOf(at, packages);
    pending.push(...next.filter((path) => !workspaces.has(path) && !links.has(path) && !found.has(path)));
  }
  return {
    workspaces: [...workspaces].sort(),
    links: [...links].sort(),
    packages: Object.fromEntries([...found].sort()),
    optional: new Set([...found.keys()].filter((path) => packages[path]?.optional)),
  };
}

const isPackage = (path: string): boolean => path.split('/').includes('node_modules');

function needsOf(at: string, packages: Packages): string[] {
  const entry = packages[at];
  if (entry === undefined) return [];
  // A peer that is optional is for a feature that whoever wants it depends on by itself.
  const peers = Object.keys(entry.peerDependencies).filter(
    (name) => !entry.peerDependenciesMeta[name]?.optional,
  );
  const names = new Set([
    ...Object.keys(entry.dependencies),
    ...Object.keys(entry.optionalDependencies),
    ...peers,
  ]);
  return [...names].flatMap((name) => {
    const path = lookUp(name, at, packages);
    if (path !== undefined) return [path];
    if (name in entry.optionalDependencies) return [];
    throw new Error(`package-lock.json has no ${name}, which ${at} needs`);
  });
}

/** Node's own way: beside the one who asks, then beside each directory above it. */
function lookUp(name: string, from: string, packages: Packages): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const path = join(at, 'node_modules', name);
    if (basename(at) !== 'node_modules' && packages[path] !== undefined) return path;
    if (at === '.') return undefined;
  }
}
