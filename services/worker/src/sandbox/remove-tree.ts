import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

/** Removes a directory with all below it, nested deeper than a path can say if need be. */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (cause) {
    // rm(1) goes down step by step, and first makes what is closed to its owner accessible.
    const tools = [
      ['chmod', '-R', 'u+rwX', '--', directory],
      ['rm', '-rf', '--', directory],
    ] as const;
    let status: number | null = null;
    for (const [tool, ...args] of tools) {
      const child = spawn(tool, args, { stdio: 'ignore' });
      [status] = (await once(child, 'exit')) as [number | null];
    }
    if (status !== 0) throw cause;
  }
}
