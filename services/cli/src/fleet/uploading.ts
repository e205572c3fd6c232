import { createHash } from 'node:crypto';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { PathPattern } from '@drylane/proto/paths';
import { printJson, type Status } from '../context.ts';
import { EXIT } from '../exit.ts';
import { KeptWorkspace } from './answers.ts';
import { type Fleet, progress } from './open.ts';
import { strange } from './problem.ts';

/** `drylane snapshot` in a fleet. */
export async function snapshotAfar(
  fleet: Fleet,
  directory: string,
  { exclude, json }: { readonly exclude?: readonly PathPattern[]; readonly json?: boolean },
): Promise<Status> {
  const { snapshot, bytes } = await uploadDirectory(fleet, directory, exclude ?? []);
  if (json) printJson(fleet.context, { snapshot, bytes });
  else fleet.context.stdout.write(`${snapshot}\n`);
  return EXIT.ok;
}

/**
 * Sends all of a directory, part by part.
 * @throws DrylaneError `bad-input` for what no snapshot can hold; what changed meanwhile is kept nowhere.
 */
export async function uploadDirectory(
  fleet: Fleet,
  directory: string,
  exclude: readonly PathPattern[],
): Promise<{ readonly snapshot: Digest; readonly bytes: number; readonly directory: string }> {
  const { packDirectory } = await import('../embedded/packing.ts');
  const packed = await packDirectory(directory, fleet.context.cwd, exclude);
  if (packed.entries === 0)
    throw new DrylaneError('bad-input', {
      field: 'snapshot',
      message: `${directory} has nothing in it`,
      mend: 'name the directory that the command works on',
    });
  progress(fleet, `sending ${packed.entries} entries, ${packed.bytes} bytes`);
  let sent = createHash('sha256');
  const tar = (): AsyncIterable<Uint8Array> => {
    sent = createHash('sha256');
    return hashed(packed.tar(), sent);
  };
  const { client } = fleet;
  // Kept by its digest, so that sending it twice is sending it once.
  const call = { method: 'POST', path: '/v1/workspaces', tar, isSafe: true } as const;
  const { snapshot, bytes } = await client.ask(KeptWorkspace, call);
  if (snapshot !== `sha256:${sent.digest('hex')}`)
    throw strange(client.host, 'kept other bytes than were sent');
  return { snapshot, bytes, directory: packed.directory };
}

async function* hashed(
  parts: AsyncIterable<Uint8Array>,
  sum: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const part of parts) {
    sum.update(part);
    yield part;
  }
}
