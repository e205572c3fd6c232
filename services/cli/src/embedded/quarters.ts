import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { chooseGiver } from '@drylane/worker/sandbox/giver';
import { reap } from '@drylane/worker/sandbox/reaper';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';

/** Where commands run on this machine. */
export interface Quarters {
  readonly sandbox: Sandbox;
  /** Takes away what this process made, once what dead processes left is gone too. */
  close(): Promise<void>;
}

/**
 * Connects to the container engine, and removes what killed processes left in it: beside the work, not before it.
 * @throws DrylaneError `machine-unfit` where there is no engine.
 */
export async function openQuarters(stateDir: string): Promise<Quarters> {
  const engine = await connectEngine();
  const sandbox = dockerSandbox({ engine, stateDir, giver: chooseGiver(engine) });
  const reaped = reap(engine, stateDir).catch(() => undefined);
  return {
    sandbox,
    async close() {
      await Promise.all([sandbox.close(), reaped]);
    },
  };
}
