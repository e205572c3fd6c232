import { join } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Check } from '@drylane/chassis/health/readiness';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import { LABEL, OWNER_LABEL } from '../sandbox/container.ts';
import { dockerSandbox } from '../sandbox/docker.ts';
import { connectEngine, type Engine, findImage } from '../sandbox/engine.ts';
import { chooseGiver } from '../sandbox/giver.ts';
import { currentOwner, formatOwner } from '../sandbox/owner.ts';
import { type Reaped, reap } from '../sandbox/reaper.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { ensureToolkit, TOOLKIT_IMAGE } from '../sandbox/toolkit.ts';
import type { WarmOptions } from '../sandbox/warm/pool.ts';
import { openTreeCache } from '../workspaces/cache.ts';
import { openGitWorkspaces } from '../workspaces/git.ts';
import type { TreeLimits } from '../workspaces/limits.ts';
import type { Sources } from './ground.ts';

/** Where a worker runs commands. */
export interface Quarters {
  readonly sandbox: Sandbox;
  readonly reaped: Reaped;
  readonly check: Check;
  readonly part: Part;
}

/** Where a worker gets files from, and how to let go of them. */
export interface OpenSources {
  readonly sources: Sources;
  readonly part: Part;
}

export interface SourcesOptions {
  /** A directory that this process has alone. */
  readonly stateDir: string;
  readonly blobs: Blobs;
  readonly roots: readonly string[];
  /** `host`, `host:port`, `*.domain`; for tests also `file:/directory`. */
  readonly gitSources: readonly string[];
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly cacheBytes: number;
  readonly treeBytes: number;
}

/** Mirrors are kept of so many repositories; one fetch may take so long. */
const GIT = { mirrors: 16, timeoutMs: 120_000 } as const;
const FILE = /^file:(?:\/\/)?(?=\/)/;

/**
 * Opens what commands run in, and takes away what a dead worker left in a state directory that this process has alone.
 * With `warm`, containers are kept that wait for what comes.
 * @throws DrylaneError `machine-unfit` where the engine, an image or the toolkit is not there.
 */
export async function openQuarters(
  stateDir: string,
  images: readonly string[],
  warm?: WarmOptions,
): Promise<Quarters> {
  const engine = await connectEngine();
  const reaped = await reap(engine, stateDir, { alone: true });
  await checkImages(engine, images);
  const owned = { [LABEL]: 'sandbox', [OWNER_LABEL]: formatOwner(currentOwner()) };
  await ensureToolkit(engine, stateDir, owned);
  const sandbox = dockerSandbox({ engine, stateDir, giver: chooseGiver(engine), ...(warm && { warm }) });
  const check = () => checkImages(engine, images);
  return { sandbox, reaped, check, part: { name: 'sandbox', close: () => sandbox.close() } };
}

/** Opens what workspaces come from. @throws DrylaneError `machine-unfit` where the directories cannot be locked. */
export async function openSources(options: SourcesOptions): Promise<OpenSources> {
  const { stateDir, blobs, roots, gitSources, cacheBytes, treeBytes } = options;
  // Who is not root can give files to nobody else, and is unprivileged itself.
  const owner = process.getuid?.() === 0 ? options.owner : null;
  const limits: TreeLimits = { entries: 500_000, bytes: treeBytes, ratio: 200, depth: 64 };
  const cache = await openTreeCache(join(stateDir, 'trees'), { budgetBytes: cacheBytes });
  const git = await openGitWorkspaces({
    ...{ directory: join(stateDir, 'mirrors'), mirrors: GIT.mirrors, cache, limits, owner },
    allowed: {
      hosts: gitSources.filter((source) => !FILE.test(source)),
      directories: gitSources.filter((source) => FILE.test(source)).map((source) => source.replace(FILE, '')),
    },
    bounds: { timeoutMs: GIT.timeoutMs, fileBytes: treeBytes },
  });
  return {
    sources: { blobs, roots, stateDir, cache, git, limits, owner },
    part: {
      name: 'sources',
      async close() {
        git[Symbol.dispose]();
        await cache[Symbol.asyncDispose]();
      },
    },
  };
}

async function checkImages(engine: Engine, images: readonly string[]): Promise<void> {
  await Promise.all([...images, TOOLKIT_IMAGE].map((image) => findImage(engine, image)));
}
