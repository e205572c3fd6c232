import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mountOnStage, mountOverlay, mountStage } from './overlay.ts';
import type { GivenWorkspace, WorkspaceGiver } from './workspace.ts';

/** The workspace's view mounted by us: needs the right to mount, and gives a hard limit on what may be written. */
export const slot: WorkspaceGiver = {
  name: 'slot',
  unobserved: [],
  async give({ directory, source, root, diskBytes }) {
    await mountOverlay({ lower: source, dir: directory, sizeBytes: diskBytes, ...root });
    return { mount: { type: 'bind', source: join(directory, 'merged') }, ...viewIn(directory, source) };
  },
  async stage({ directory, diskBytes }) {
    await mountStage(directory, diskBytes);
    const mount = { type: 'bind', source: join(directory, 'merged'), propagates: true } as const;
    return {
      mount,
      async give({ source, root }) {
        await mountOnStage({ lower: source, dir: directory, ...root });
        return { mount, ...viewIn(directory, source) };
      },
    };
  },
};

function viewIn(directory: string, source: string): Omit<GivenWorkspace, 'mount'> {
  const tmpfs = join(directory, 'tmpfs');
  const merged = Buffer.from(join(directory, 'merged'));
  return {
    view: {
      lower: Buffer.from(source),
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
}
