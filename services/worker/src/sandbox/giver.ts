import type { Engine } from './engine.ts';
import { slot } from './slot.ts';
import { volume } from './volume.ts';
import { mayMount, type WorkspaceGiver } from './workspace.ts';

/** The way to give workspaces that this process has: mounting itself, or else letting the engine mount. */
export function chooseGiver(engine: Engine): WorkspaceGiver {
  return mayMount() ? slot : volume(engine);
}
