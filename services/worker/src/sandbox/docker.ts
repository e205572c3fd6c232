import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from './container.ts';
import { CONTROL_MOUNT } from './control.ts';
import { type Engine, findImage, findRuntime } from './engine.ts';
import { type FrameTerms, type Held, identityIn, makeFrame, newHeld, takeAway } from './frame.ts';
import { changedIdentityFiles, observeOutside } from './outside.ts';
import type { Place } from './place.ts';
import { runContainer } from './run.ts';
import type { PreparedSandbox, Sandbox, SandboxSpec } from './sandbox.ts';
import { standUp } from './standing.ts';
import { ensureToolkit } from './toolkit.ts';
import type { WarmOptions } from './warm/pool.ts';
import { createSlots } from './warm/slots.ts';
import type { GivenWorkspace, WorkspaceGiver, WorkspaceRequest } from './workspace.ts';

/** What a sandbox over a container engine is made of. */
export interface DockerSandboxOptions {
  readonly engine: Engine;
  /** Holds the toolkit and a directory for each living rehearsal; must be on the engine's host. */
  readonly stateDir: string;
  readonly giver: WorkspaceGiver;
  /** Left out: every container is made when it is asked for. */
  readonly warm?: WarmOptions;
}

/** A sandbox that has a container for each rehearsal alone: one that waited for it, or else a new one. */
export function dockerSandbox(options: DockerSandboxOptions): Sandbox {
  const standing = new Set<Held>();
  const slots = createSlots(options);
  return {
    async close() {
      await Promise.all([slots.close(), ...[...standing].map(takeAway)]);
    },
    async prepare(spec) {
      const fresh = newHeld(options.stateDir);
      const { terms, workspace, unobserved } = await lookUp(options, spec, fresh);
      const ended = slots.occupy(terms);
      const found = spec.live === null ? await slots.take(terms, workspace) : undefined;
      const held = found?.held ?? fresh;
      standing.add(held);
      const destroy = (): Promise<void> =>
        takeAway(held).finally(() => {
          standing.delete(held);
          ended();
        });
      try {
        const place = found ?? (await makePlace(options, { terms, workspace, held }));
        return { ...prepared(spec, terms, place), unobserved, destroy };
      } catch (cause) {
        await destroy();
        throw cause;
      }
    },
  };
}

/** The files that a rehearsal is about. */
type Files = Pick<WorkspaceRequest, 'source' | 'root'>;

interface LookedUp {
  readonly terms: FrameTerms;
  readonly workspace: Files;
  readonly unobserved: readonly string[];
}

/** Asks for what a container is made of, and looks at the workspace. @throws DrylaneError for what is not there. */
async function lookUp(
  { engine, stateDir, giver }: DockerSandboxOptions,
  spec: SandboxSpec,
  { labels }: Held,
): Promise<LookedUp> {
  const { runtime, workspace, limits, user } = spec;
  const [image, toolkit, { uid, gid, mode }] = await Promise.all([
    findImage(engine, spec.image),
    ensureToolkit(engine, stateDir, { ...labels }),
    lstat(spec.source),
    runtime === null ? undefined : findRuntime(engine, runtime),
  ]);
  const ipv6 = existsSync('/proc/sys/net/ipv6');
  return {
    terms: { image: image.id, runtime, workspace, limits, user, ipv6, toolkit },
    workspace: { source: spec.source, root: { uid, gid, mode: mode & 0o7777 } },
    unobserved: [
      ...giver.unobserved,
      ...image.volumes.map((path) => `what is left in ${path}, a volume of the image`),
    ],
  };
}

interface Making {
  readonly terms: FrameTerms;
  readonly workspace: Files;
  readonly held: Held;
}

/** Makes a container that has its workspace from the start. */
async function makePlace(
  { engine, giver }: DockerSandboxOptions,
  { terms, workspace, held }: Making,
): Promise<Place> {
  const { directory, labels } = held;
  const { image, toolkit, limits } = terms;
  const request = { ...workspace, directory, labels, image, toolkit, diskBytes: limits.diskBytes };
  const giving = Promise.withResolvers<GivenWorkspace>();
  const frame = await makeFrame(engine, held, terms, async () => {
    const given = await giver.give(request);
    held.given = given;
    giving.resolve(given);
    return given.mount;
  });
  const given = await giving.promise;
  return { held, frame, given, stand: () => standUp(frame.container, frame.control) };
}

function prepared(
  spec: SandboxSpec,
  terms: FrameTerms,
  { held, frame, given, stand }: Place,
): Omit<PreparedSandbox, 'destroy' | 'unobserved'> {
  return {
    view: given.view,
    imageDigest: terms.image,
    runtime: terms.runtime ?? 'runc',
    async run(listener, signal) {
      signal?.throwIfAborted();
      const standing = await stand();
      return await runContainer({ standing, given, spec, identity: identityIn(held) }, listener, signal);
    },
    async outside(rules, watch) {
      const made = [terms.workspace, CONTROL_MOUNT, ...Object.keys(scratch(terms))];
      const place = join(held.directory, 'rootfs');
      const [layer, files] = await Promise.all([
        observeOutside(frame.container, { made, place, rules, watch }),
        changedIdentityFiles(frame.identity),
      ]);
      return { ...layer, changes: [...layer.changes, ...files] };
    },
  };
}
