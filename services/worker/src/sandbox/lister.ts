import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { DrylaneError } from '@drylane/proto/errors';
import { type Engine, engineFault } from './engine.ts';
import type { WorkspaceRequest } from './workspace.ts';

const SCRIPT =
  'cd /merged && exec /.drylane/busybox xargs -0 /.drylane/busybox sh -c ' +
  '\'exec /.drylane/busybox find "$@" -mindepth 1 -maxdepth 1 -print0\' sh </list/directories';

/**
 * Lists directories of a rehearsal's view from inside a container of our own tools, after the command's
 * container is gone: who may not mount may not look at what the engine mounted either.
 */
export async function runToEnd(
  engine: Engine,
  request: Pick<WorkspaceRequest, 'image' | 'toolkit' | 'labels'>,
  source: { readonly volume: string; readonly list: string },
): Promise<Buffer> {
  const bind = (from: string, to: string) => ({
    Type: 'bind' as const,
    Source: from,
    Target: to,
    ReadOnly: true,
  });
  const container = await engine
    .createContainer({
      Image: request.image,
      Entrypoint: [],
      Cmd: ['/.drylane/busybox', 'sh', '-c', SCRIPT],
      User: '0:0',
      Labels: { ...request.labels },
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: {
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        // Only to list: the command may have made directories that even their owner cannot read.
        CapAdd: ['DAC_READ_SEARCH'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        PidsLimit: 64,
        LogConfig: { Type: 'none', Config: {} },
        Mounts: [
          { Type: 'volume', Source: source.volume, Target: '/merged', ReadOnly: true },
          bind(request.toolkit, '/.drylane'),
          bind(source.list, '/list'),
        ],
      },
    })
    .catch((cause: unknown) => {
      throw engineFault('workspace', cause);
    });
  try {
    const stream = await container.attach({ stream: true, hijack: true, stdout: true, stderr: true });
    const stdout = new PassThrough();
    const stderr = new PassThrough().resume();
    container.modem.demuxStream(stream, stdout, stderr);
    stream.on('end', () => stdout.end());
    const output = buffer(stdout);
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    if (StatusCode !== 0)
      throw new DrylaneError('sandbox-failed', {
        field: 'workspace',
        message: 'what the command left could not be listed',
        mend: 'see what works here: drylane doctor',
      });
    return await output;
  } finally {
    await container.remove({ force: true });
  }
}
