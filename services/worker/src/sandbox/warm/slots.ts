import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../engine.ts';
import { type Frame, type FrameTerms, type Held, makeFrame, newHeld, takeAway } from '../frame.ts';
import { isCovered } from '../overlay.ts';
import type { Place } from '../place.ts';
import { type Standing, standUp } from '../standing.ts';
import type { StagedWorkspace, WorkspaceGiver, WorkspaceRequest } from '../workspace.ts';
import { slotKey } from './key.ts';
import { Pool, type WarmOptions } from './pool.ts';

/** Containers that stand and wait, each for one rehearsal. None has seen anything of any run. */
export interface Slots {
  /** A slot with its workspace in it; undefined where there is none, or where it is not as it has to be. */
  take(terms: FrameTerms, files: Pick<WorkspaceRequest, 'source' | 'root'>): Promise<Place | undefined>;
  /** Notes a rehearsal, which may want a slot; what is returned is called when it has ended. */
  occupy(terms: FrameTerms): () => void;
  /** Takes every slot away that nobody has taken. */
  close(): Promise<void>;
}

interface SlotOptions {
  readonly engine: Engine;
  readonly stateDir: string;
  readonly giver: WorkspaceGiver;
  readonly warm?: WarmOptions;
}

interface Slot {
  readonly held: Held;
  readonly frame: Frame;
  readonly staged: StagedWorkspace;
  readonly standing: Standing;
  /** Of its first process, as this host numbers it. */
  readonly pid: number;
}

/** So long may a container take until its runner waits. */
const STAND_MS = 10_000;

/** Where one slot cannot be used, no other of its kind can. */
class Unreached extends Error {}

const NO_SLOTS: Slots = {
  take: async () => undefined,
  occupy: () => () => undefined,
  close: async () => undefined,
};

/** Opens the pool; without options, or where a container needs its workspace from the start, there are no slots. */
export function createSlots({ engine, stateDir, giver, warm }: SlotOptions): Slots {
  const { stage } = giver;
  if (warm === undefined || stage === undefined) return NO_SLOTS;
  const pool = new Pool<Slot>(warm, async ({ held }) => {
    await takeAway(held).catch((cause: unknown) => {
      // The next try shall be one.
      delete held.gone;
      throw cause;
    });
  });
  const make = async (terms: FrameTerms): Promise<Slot> => {
    const slot = await makeSlot(engine, newHeld(stateDir), terms, stage);
    // Whatever ends it, it is none any more.
    slot.standing.ended.catch(() => undefined).then(() => pool.drop(slot));
    return slot;
  };
  return {
    async take(terms, files) {
      const slot = await pool.take(slotKey(terms));
      if (slot === undefined) return undefined;
      try {
        return await fill(slot, terms, files);
      } catch (cause) {
        warm.told?.({ event: 'fault', cause });
        // Nobody waits for that: the rehearsal has its cold start before it.
        pool.discard(slot);
        if (cause instanceof Unreached) pool.rest(slotKey(terms));
        return undefined;
      }
    },
    occupy: (terms) => pool.occupy(slotKey(terms), () => make(terms)),
    close: () => pool[Symbol.asyncDispose](),
  };
}

async function makeSlot(
  engine: Engine,
  held: Held,
  terms: FrameTerms,
  stage: NonNullable<WorkspaceGiver['stage']>,
): Promise<Slot> {
  try {
    const staging = Promise.withResolvers<StagedWorkspace>();
    const frame = await makeFrame(engine, held, terms, async () => {
      const staged = await stage({ directory: held.directory, diskBytes: terms.limits.diskBytes });
      staging.resolve(staged);
      return staged.mount;
    });
    const standing = await standUp(frame.container, frame.control);
    await Promise.race([standing.waits, tooLate()]);
    const pid = (await standing.living)?.firstPid;
    if (pid === undefined) throw new Error('its first process cannot be found');
    return { held, frame, staged: await staging.promise, standing, pid };
  } catch (cause) {
    await takeAway(held);
    throw cause;
  }
}

async function tooLate(): Promise<never> {
  await sleep(STAND_MS, undefined, { ref: false });
  throw new Error('it does not wait for a job in time');
}

/** Lays a workspace into a slot, and looks whether its container sees that. */
async function fill(
  { held, frame, staged, standing, pid }: Slot,
  { workspace }: FrameTerms,
  files: Pick<WorkspaceRequest, 'source' | 'root'>,
): Promise<Place> {
  if (standing.isSpoilt) throw new Error('it said something before it had a job');
  const given = await staged.give(files);
  held.given = given;
  const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
  if (!isCovered(mounts, workspace)) throw new Unreached('its container does not see what is mounted later');
  return { held, frame, given, stand: async () => standing };
}
