import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';
import { type ContainerTerms, containerOptions, LABEL, OWNER_LABEL, SANDBOX_LABEL } from './container.ts';
import { type ControlChannel, openControl } from './control.ts';
import { type Engine, engineFault, isNotFound } from './engine.ts';
import { IDENTITY_FILES, IDENTITY_MODE } from './outside.ts';
import { unmountOverlay } from './overlay.ts';
import { currentOwner, formatOwner } from './owner.ts';
import { removeTree } from './remove-tree.ts';
import type { GivenWorkspace, WorkspaceMount } from './workspace.ts';

/** Everything of one rehearsal that has to be taken away again, in the order it came. */
export interface Held {
  readonly directory: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The one taking-away, whoever asked for it first. */
  gone?: Promise<void>;
  control?: ControlChannel;
  given?: GivenWorkspace;
  container?: Docker.Container;
}

/** A container that was made and not started, with all that belongs to it but a job. */
export interface Frame {
  readonly container: Docker.Container;
  readonly control: ControlChannel;
  /** Private copies of the files that an engine writes for each container, by their path in there. */
  readonly identity: ReadonlyMap<string, string>;
}

/** What a container is made of, once it was looked up. */
export interface FrameTerms extends ContainerTerms {
  /** The directory of the tools that stand in every container. */
  readonly toolkit: string;
}

/** Names what is about to be made, so that all of it can be found again, by the reaper too. */
export function newHeld(stateDir: string): Held {
  const owner = formatOwner(currentOwner());
  const name = `${owner}_${randomBytes(6).toString('hex')}`;
  const labels = { [LABEL]: 'sandbox', [OWNER_LABEL]: owner, [SANDBOX_LABEL]: name };
  return { directory: join(stateDir, 'sandboxes', name), labels };
}

/** The directory of the identity files. */
export const identityIn = (held: Held): string => join(held.directory, 'etc');

/** Makes a container; `mount` says what stands at the workspace's path, once that is there. */
export async function makeFrame(
  engine: Engine,
  held: Held,
  terms: FrameTerms,
  mount: () => Promise<WorkspaceMount>,
): Promise<Frame> {
  await mkdir(held.directory, { recursive: true, mode: 0o700 });
  const [control, workspace, identity] = await allOrThrow([
    openControl(join(held.directory, 'control')).then((opened) => {
      held.control = opened;
      return opened;
    }),
    mount(),
    writeIdentity(identityIn(held)),
  ]);
  const mounts = { workspace, toolkit: terms.toolkit, control: control.directory, identity };
  const container = await engine
    .createContainer(containerOptions(terms, mounts, held.labels))
    .catch((cause: unknown) => {
      throw engineFault('sandbox', cause);
    });
  held.container = container;
  return { container, control, identity };
}

async function writeIdentity(folder: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
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
export function takeAway(held: Held): Promise<void> {
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
