import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';
import { containerOptions, LABEL, OWNER_LABEL, SANDBOX_LABEL, scratch } from './container.ts';
import { CONTROL_MOUNT, type ControlChannel, openControl } from './control.ts';
import { type Engine, engineFault, findImage, findRuntime, isNotFound } from './engine.ts';
import { changedIdentityFiles, IDENTITY_FILES, IDENTITY_MODE, observeOutside } from './outside.ts';
import { unmountOverlay } from './overlay.ts';
import { currentOwner, formatOwner } from './owner.ts';
import { removeTree } from './remove-tree.ts';
import { runContainer } from './run.ts';
import type { PreparedSandbox, Sandbox, SandboxSpec } from './sandbox.ts';
import { ensureToolkit } from './toolkit.ts';
import type { GivenWorkspace, WorkspaceGiver } from './workspace.ts';

/** What a sandbox over a container engine is made of. */
export interface DockerSandboxOptions {
  readonly engine: Engine;
  /** Holds the toolkit and a directory for each living rehearsal; must be on the engine's host. */
  readonly stateDir: string;
  readonly giver: WorkspaceGiver;
}

/** Everything of one rehearsal that has to be taken away again, in the order it came. */
interface Held {
  readonly directory: string;
  /** The one taking-away, whoever asked for it first. */
  gone?: Promise<void>;
  control?: ControlChannel;
  given?: GivenWorkspace;
  container?: Docker.Container;
}

/** A sandbox that makes a fresh container for each rehearsal. */
export function dockerSandbox(options: DockerSandboxOptions): Sandbox {
  const standing = new Set<Held>();
  return {
    async close() {
      await Promise.all([...standing].map(takeAway));
    },
    async prepare(spec) {
      const owner = formatOwner(currentOwner());
      const name = `${owner}_${randomBytes(6).toString('hex')}`;
      const held: Held = { directory: join(options.stateDir, 'sandboxes', name) };
      standing.add(held);
      try {
        const prepared = await build(options, spec, held, {
          [LABEL]: 'sandbox',
          [OWNER_LABEL]: owner,
          [SANDBOX_LABEL]: name,
        });
        const destroy = (): Promise<void> => takeAway(held).finally(() => standing.delete(held));
        return { ...prepared, destroy };
      } catch (cause) {
        await takeAway(held).finally(() => standing.delete(held));
        throw cause;
      }
    },
  };
}

async function build(
  { engine, stateDir, giver }: DockerSandboxOptions,
  spec: SandboxSpec,
  held: Held,
  labels: Record<string, string>,
): Promise<Omit<PreparedSandbox, 'destroy'>> {
  await mkdir(held.directory, { recursive: true, mode: 0o700 });
  const [image, toolkit, root] = await Promise.all([
    findImage(engine, spec.image),
    ensureToolkit(engine, stateDir, labels),
    lstat(spec.source),
    spec.runtime === null ? undefined : findRuntime(engine, spec.runtime),
  ]);
  const [control, given, identity] = await allOrThrow([
    openControl(join(held.directory, 'control')).then((c) => {
      held.control = c;
      return c;
    }),
    giver
      .give({
        directory: held.directory,
        source: spec.source,
        root: { uid: root.uid, gid: root.gid, mode: root.mode & 0o7777 },
        diskBytes: spec.limits.diskBytes,
        labels,
        image: image.id,
        toolkit,
      })
      .then((g) => {
        held.given = g;
        return g;
      }),
    writeIdentity(held.directory),
  ]);
  const create = containerOptions(
    { ...spec, image: image.id, ipv6: existsSync('/proc/sys/net/ipv6') },
    { workspace: given.mount, toolkit, control: control.directory, identity },
    labels,
  );
  const container = await engine.createContainer(create).catch((cause: unknown) => {
    throw engineFault('sandbox', cause);
  });
  held.container = container;

  return {
    view: given.view,
    imageDigest: image.id,
    runtime: spec.runtime ?? 'runc',
    unobserved: giver.unobserved,
    run: (listener, signal) =>
      runContainer(
        { container, control, given, spec, identity: join(held.directory, 'etc') },
        listener,
        signal,
      ),
    async outside(rules, watch) {
      const made = [spec.workspace, spec.workingDir, CONTROL_MOUNT, ...Object.keys(scratch(spec))];
      const place = join(held.directory, 'rootfs');
      const [layer, files] = await Promise.all([
        observeOutside(container, { made, place, rules, watch }),
        changedIdentityFiles(identity),
      ]);
      return { ...layer, changes: [...layer.changes, ...files] };
    },
  };
}

async function writeIdentity(directory: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  const folder = join(directory, 'etc');
  await mkdir(folder);
  for (const [path, text] of IDENTITY_FILES) {
    const source = join(folder, path.slice('/etc/'.length));
    await writeFile(source, text);
    await chmod(source, IDENTITY_MODE);
    sources.set(path, source);
  }
  return sources;
}

/** Like Promise.all, but waits for every part, so that nothing is still being made when clean-up starts. */
async function allOrThrow<T extends readonly unknown[]>(parts: { [K in keyof T]: Promise<T[K]> }) {
  const results = await Promise.allSettled(parts as Promise<unknown>[]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((r) => (r as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** Removes what a rehearsal held, all of it even when a part resists; the reaper gets what is left. */
function takeAway(held: Held): Promise<void> {
  held.gone ??= removeAll(held);
  return held.gone;
}

async function removeAll(held: Held): Promise<void> {
  const faults: unknown[] = [];
  const attempt = async (part: () => Promise<unknown>): Promise<void> => {
    try {
      await part();
    } catch (cause) {
      if (!isNotFound(cause)) faults.push(cause);
    }
  };
  held.control?.close();
  await attempt(() => removeContainer(held.container));
  await attempt(async () => held.given?.take());
  await attempt(() => unmountOverlay(held.directory));
  await attempt(() => removeTree(held.directory));
  // An engine that has gone takes the rehearsal with it: that is its fault, and another engine may do better.
  const gone = faults.find((fault) => fault instanceof DrylaneError && fault.code === 'machine-unfit');
  if (gone !== undefined) throw gone;
  if (faults.length > 0)
    throw new DrylaneError(
      'sandbox-failed',
      {
        field: held.directory,
        message: 'something of the rehearsal could not be taken away',
        mend: 'drylane doctor removes what is left',
      },
      { cause: faults[0] },
    );
}

async function removeContainer(container: Docker.Container | undefined): Promise<void> {
  try {
    await container?.remove({ force: true, v: true });
  } catch (cause) {
    throw isNotFound(cause) ? cause : engineFault('sandbox', cause);
  }
}
