import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';

/**
 * Writes an image of the engine as an archive that another engine can load. It is not compressed: where the image that
 * carries it is sent somewhere, that is, and a worker starts some seconds sooner.
 */
export async function archiveImage(docker: Docker, tag: string, file: string): Promise<void> {
  const archive = await docker.getImage(tag).get();
  await pipeline(archive, createWriteStream(file, { flags: 'wx' }));
}
