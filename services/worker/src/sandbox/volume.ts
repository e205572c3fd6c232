import { chmod, lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { type Engine, engineFault, isNotFound } from './engine.ts';
import { runToEnd } from './lister.ts';
import { bytesBelow } from './usage.ts';
import type { WorkspaceGiver, WorkspaceRequest } from './workspace.ts';

/** The workspace's view mounted by the engine, for users who may reach it but may not mount. */
export function volume(engine: Engine): WorkspaceGiver {
  return {
    name: 'volume',
    unobserved: ['the disk limit between two looks at what was written', 'a full /tmp or /dev/shm'],
    give: (request) => give(engine, request),
  };
}

async function give(engine: Engine, request: WorkspaceRequest) {
  const { directory, source, root, labels } = request;
  refuseUnsayable(source, 'workspace', 'rename the directory');
  refuseUnsayable(directory, 'state directory', 'choose another: --state DIR');
  const [upper, work, list] = ['upper', 'work', 'list'].map((d) => join(directory, d)) as [
    string,
    string,
    string,
  ];
  await Promise.all([mkdir(upper), mkdir(work), mkdir(list)]);
  await chmod(upper, root.mode);
  // Who is not root may not give a directory to another group; the view's root is ours then, and that is no change.
  const { uid, gid } = await lstat(upper);

  const name = `drylane-${request.labels['drylane.sandbox']}`;
  await engine
    .createVolume({
      Name: name,
      Driver: 'local',
      DriverOpts: {
        type: 'overlay',
        device: 'overlay',
        o: `lowerdir=${source},upperdir=${upper},workdir=${work},redirect_dir=off,metacopy=off,index=off,nosuid,nodev`,
      },
      Labels: { ...labels },
    })
    .catch((cause: unknown) => {
      throw engineFault('workspace', cause);
    });

  return {
    mount: { type: 'volume' as const, source: name },
    view: {
      lower: Buffer.from(source),
      upper: Buffer.from(upper),
      rootOwner: { uid, gid },
      async names(directories: readonly Buffer[]) {
        const listed = new Map<string, Buffer[]>(directories.map((d) => [d.toString('latin1'), []]));
        if (directories.length === 0) return listed;
        await writeFile(join(list, 'directories'), Buffer.concat(directories.map(asArgument)));
        const output = await runToEnd(engine, request, { volume: name, list });
        for (const [parent, child] of splitListing(output)) listed.get(parent)?.push(child);
        return listed;
      },
    },
    hardLimit: false,
    async usage() {
      const bytes = await bytesBelow(upper);
      return { bytes, full: bytes >= request.diskBytes };
    },
    async take() {
      await engine
        .getVolume(name)
        .remove({ force: true })
        .catch((cause: unknown) => {
          if (!isNotFound(cause)) throw engineFault('workspace', cause);
        });
    },
  };
}

/** Mount options are one comma-separated text, in which these characters cannot be said. */
function refuseUnsayable(path: string, field: string, mend: string): void {
  if (/[,:\\"\n]/.test(path))
    throw new DrylaneError('machine-unfit', {
      field,
      message: `the engine cannot mount a path with , : " or a backslash in it: ${path}`,
      mend: `${mend}, or run drylane as root`,
    });
}

const asArgument = (path: Buffer): Buffer => Buffer.concat([Buffer.from('./'), path, Buffer.from([0])]);

/** Takes apart the lister's `./dir/name\0` records into latin1 of the directory, and the name. */
export function* splitListing(output: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0, at);
    const record = output.subarray(at, end < 0 ? output.length : end);
    const slash = record.lastIndexOf('/');
    const parent = record.subarray(2, Math.max(2, slash)).toString('latin1').replace(/\/+$/, '');
    yield [parent, record.subarray(slash + 1)];
    at += record.length + 1;
  }
}
