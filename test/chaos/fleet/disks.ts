import { execFileSync } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A small disk of its own under a directory. */
export interface Disk {
  /** Fills it to the last byte. */
  fill(): Promise<void>;
  /** Takes away what it was filled with. */
  empty(): Promise<void>;
}

const CHUNK = Buffer.alloc(1024 * 1024);

/** Mounts a disk in memory for each of these directories. */
export async function mountDisks(
  root: string,
  sizes: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly disks: ReadonlyMap<string, Disk> }> {
  const disks = new Map<string, Disk>();
  for (const [name, size] of Object.entries(sizes)) {
    const directory = join(root, name);
    await mkdir(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', directory]);
    disks.set(name, diskAt(directory));
  }
  return {
    disks,
    async [Symbol.asyncDispose]() {
      for (const name of disks.keys()) execFileSync('umount', [join(root, name)]);
    },
  };
}

function diskAt(directory: string): Disk {
  const path = join(directory, 'filled');
  return {
    async fill() {
      const file = await open(path, 'w');
      try {
        for (let size = CHUNK.length; size >= 512; ) {
          const wrote = await file.write(CHUNK, 0, size).catch(() => undefined);
          if (wrote === undefined) size = Math.floor(size / 2);
        }
      } finally {
        await file.close();
      }
    },
    empty: () => rm(path, { force: true }),
  };
}
