import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type Docker from 'dockerode';

/** Writes an image of the engine as an archive that another engine can load. */
export async function archiveImage(docker: Docker, tag: string, file: string): Promise<void> {
  const archive = await docker.getImage(tag).get();
  await pipeline(archive, createGzip({ level: 6 }), createWriteStream(file, { flags: 'wx' }));
}
