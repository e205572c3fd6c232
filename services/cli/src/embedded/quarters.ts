import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine, type Engine, findImage } from '@drylane/worker/sandbox/engine';
import { chooseGiver } from '@drylane/worker/sandbox/giver';
import { reap } from '@drylane/worker/sandbox/reaper';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';
import { TOOLKIT_IMAGE } from '@drylane/worker/sandbox/toolkit';
import type { WarmOptions } from '@drylane/worker/sandbox/warm/pool';

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
  return quartersOn(await connectEngine(), stateDir);
}

/**
 * The same for a process that lives long and rehearses again and again: with `warm`, containers are kept that wait for what
 * comes, and `close` takes them away.
 * @throws DrylaneError `machine-unfit` where there is no engine, or no image of the tools.
 */
export async function openLastingQuarters(
  stateDir: string,
  warm: WarmOptions | undefined,
): Promise<LastingQuarters> {
  const engine = await connectEngine();
  const check = async (): Promise<void> => void (await findImage(engine, TOOLKIT_IMAGE));
  await check();
  return { ...quartersOn(engine, stateDir, warm), check };
}

/** Where a process that lives long runs commands. */
export interface LastingQuarters extends Quarters {
  /** Throws where the engine does not answer, or has lost what rehearsals need. */
  check(): Promise<void>;
}

function quartersOn(engine: Engine, stateDir: string, warm?: WarmOptions): Quarters {
  const sandbox = dockerSandbox({ engine, stateDir, giver: chooseGiver(engine), ...(warm && { warm }) });
  const reaped = reap(engine, stateDir).catch(() => undefined);
  return {
    sandbox,
    async close() {
      await Promise.all([sandbox.close(), reaped]);
    },
  };
}
