import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { engineAt } from './engine.ts';
import { placesOf } from './places.ts';
import type { Machine } from './ready.ts';
import type { Say } from './say.ts';

/** The machine that this process runs on, with its own engine or the one that DOCKER_HOST names. */
export function thisMachine(say: Say, forTests: boolean): Machine {
  const root = process.getuid?.() === 0;
  const { env } = process;
  return {
    repository: resolve(import.meta.dirname, '..', '..'),
    docker: engineAt(),
    dockerHost: env.DOCKER_HOST || undefined,
    engineCommand: ['dockerd'],
    places: placesOf({ root, home: homedir(), xdgState: env.XDG_STATE_HOME }),
    temporary: tmpdir(),
    env,
    say,
    forTests,
  };
}
