import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mountOverlay } from './overlay.ts';
import type { WorkspaceGiver, WorkspaceRequest } from './workspace.ts';

/** The workspace's view mounted by us: needs the right to mount, and gives a hard limit on what may be written. */
export const slot: WorkspaceGiver = {
  name: 'slot',
  unobserved: [],
  async give(request: WorkspaceRequest) {
    const { directory } = request;
    await mountOverlay({
      lower: request.source,
      dir: directory,
      sizeBytes: request.diskBytes,
      uid: request.root.uid,
      gid: request.root.gid,
      mode: request.root.mode,
    });
    const tmpfs = join(directory, 'tmpfs');
    const merged = Buffer.from(join(directory, 'merged'));
    return {
      mount: { type: 'bind', source: join(directory, 'merged') },
      view: {
        lower: Buffer.from(request.source),
        upper: Buffer.from(join(tmpfs, 'upper')),
        async names(directories) {
          const listed = new Map<string, Buffer[]>();
          for (const path of directories) {
            const whole = path.length === 0 ? merged : Buffer.concat([merged, Buffer.from('/'), path]);
            listed.set(path.toString('latin1'), await readdir(whole, { encoding: 'buffer' }));
          }
          return listed;
        },
      },
      hardLimit: true,
      async usage() {
        const { blocks, bfree, ffree, bsize } = await statfs(tmpfs);
        return { bytes: (blocks - bfree) * bsize, full: bfree === 0 || ffree === 0 };
      },
      // Its mounts go with all others below the rehearsal's directory.
      take: async () => undefined,
    };
  },
};
