import type { Gate } from '../gate/gate.ts';
import { type CgroupFigures, readCgroup } from './cgroup.ts';
import { OWN_PROCESSES, SCRATCH } from './container.ts';
import type { ControlChannel, ControlListener } from './control.ts';
import { engineFault } from './engine.ts';
import { equipCommand } from './equip.ts';
import { jobText } from './job.ts';
import { firstEnded, type LastLook, type LivingContainer, lastLook } from './look.ts';
import type { Refusal } from './protocol.ts';
import { refusal } from './refusal.ts';
import type { SandboxListener, SandboxOutcome, SandboxSpec, ShellEnd } from './sandbox.ts';
import type { Standing } from './standing.ts';
import { type DiskWatch, type Stopper, type StopReason, stopper, watchDisk } from './watch.ts';
import type { GivenWorkspace } from './workspace.ts';

/** A container that stands, with its workspace in it, and what it is to do. */
export interface ReadyContainer {
  readonly standing: Standing;
  readonly given: GivenWorkspace;
  readonly spec: SandboxSpec;
  /** The directory of the container's identity files, which the command may be able to write. */
  readonly identity: string;
}

// A keeper that was let go ends at once, and the tracer with it.
const TRACER_END_MS = 2_000;

/** What has been told of a rehearsal so far. */
interface Story {
  began: { readonly split: boolean; readonly atMs: number } | null;
  refused: Refusal | null;
  traced: boolean;
  ended: (ShellEnd & { readonly atMs: number }) | null;
  tampered: boolean;
  look: LastLook | undefined;
  /** What was counted up to a kill of ours. */
  figures: CgroupFigures | null;
  /** Of a live run, once it stands. */
  gate: Gate | null;
  /** Why the command was given nothing and never began. */
  fault: { readonly cause: unknown } | null;
}

/** Gives a container its job, follows it to its end, and says how that was. */
export async function runContainer(
  { standing, given, spec, identity }: ReadyContainer,
  listener: SandboxListener,
  signal?: AbortSignal,
): Promise<SandboxOutcome> {
  const { container, control, living } = standing;
  const { limits } = spec;
  const story = newStory();
  const stop = stopper(container, async () => {
    const groups = (await living)?.groups;
    if (groups !== undefined) story.figures = await readCgroup(groups);
  });
  const giveUp = (): void => stop.now('unwanted');
  const disk = watchDisk(given, limits.diskBytes, stop);
  disk.alsoBelow(identity);
  const equip = () =>
    equipCommand({ container, control, spec }, living, {
      isOver: () => stop.reason !== null,
      gateStands: (gate) => {
        story.gate = gate;
      },
    });
  const ear = hear({ story, control, listener, stop, disk, living, equip });

  const startedAtMs = performance.now();
  let state: { readonly OOMKilled: boolean };
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    signal?.throwIfAborted();
    standing.listen(ear);
    control.begin(jobText(spec));
    stop.after(limits.timeoutMs, 'timeout');
    const found = await living;
    if (found !== undefined) for (const path of SCRATCH) disk.alsoFull(`/proc/${found.firstPid}/root${path}`);
    disk.alsoBelow(await standing.upper);
    // A view that the engine mounted is at rest only when the engine is done with it.
    const looked = given.mount.type === 'bind' ? ear.looked : new Promise<void>(() => undefined);
    state = await endOf(standing, story, looked);
  } catch (cause) {
    signal?.throwIfAborted();
    throw engineFault('sandbox', cause);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    stop.rest();
    control.end();
    await Promise.all([control.settled(), ear.settled()]);
    await Promise.all([disk.end(), story.gate?.close()]);
  }
  if (story.fault !== null) throw story.fault.cause;
  return outcomeOf({ story, state, stopped: stop.reason, disk, startedAtMs });
}

/** Waits for the end; what the engine says of it matters only where the last look did not tell. */
async function endOf(
  { container, living, ended }: Standing,
  story: Story,
  looked: Promise<void>,
): Promise<{ readonly OOMKilled: boolean }> {
  const over = new AbortController();
  const quiet = looked.then(async () => {
    const found = await living;
    if (found === undefined || story.look === undefined || story.look.leftovers.length > 0) return false;
    await firstEnded(found, over.signal);
    return true;
  });
  try {
    if (await Promise.race([quiet, ended.then(() => false)])) return { OOMKilled: false };
    await ended;
    return (await container.inspect()).State;
  } finally {
    over.abort();
  }
}

const newStory = (): Story => ({
  ...{ began: null, refused: null, traced: false, ended: null, tampered: false },
  ...{ look: undefined, figures: null, gate: null, fault: null },
});

interface Hearing {
  readonly story: Story;
  readonly control: ControlChannel;
  readonly listener: SandboxListener;
  readonly stop: Stopper;
  readonly disk: DiskWatch;
  readonly living: Promise<LivingContainer | undefined>;
  readonly equip: () => Promise<void>;
}

/** Follows what the container tells, and takes the last look when the shell has ended. */
function hear({ story, control, listener, stop, disk, living, equip }: Hearing) {
  const looked = Promise.withResolvers<void>();
  let looking: Promise<void> = Promise.resolve();
  let equipping: Promise<void> = Promise.resolve();
  const tampered = (): void => {
    story.tampered = true;
    // Evidence that is not complete cannot promote: there is nothing more to learn from the command.
    stop.now('tampered');
  };
  const lookAround = async (keeperPid: number): Promise<void> => {
    [story.look] = await Promise.all([lastLook(await living, keeperPid), disk.look()]);
    if (story.look === undefined || story.look.leftovers.length > 0) stop.now('leftovers');
    stop.after(TRACER_END_MS, 'tracer');
    control.go();
  };
  const ear: ControlListener = {
    report(report, atMs) {
      if (report.kind === 'checked')
        equipping = equip().catch((cause: unknown) => {
          story.fault = { cause };
          stop.now('unready');
        });
      if (report.kind === 'began') story.began = { split: report.split, atMs };
      if (report.kind === 'refused') story.refused = report.why;
    },
    trace(chunk) {
      story.traced = true;
      const end = listener.trace(chunk);
      if (end === null || story.ended !== null) return;
      story.ended = { ...end, atMs: performance.now() };
      looking = lookAround(end.keeperPid).finally(looked.resolve);
      // Whoever waits for the end hears of it.
      looking.catch(() => undefined);
    },
    output: (stream, chunk) => listener.output(stream, chunk),
    async marker(line, atMs) {
      control.drain();
      if (story.began === null || story.ended !== null) tampered();
      if (story.tampered) return false;
      await disk.look();
      await listener.marker(line, atMs);
      return true;
    },
    flood: tampered,
  };
  return { ...ear, looked: looked.promise, settled: () => Promise.all([looking, equipping]) };
}

interface Ending {
  readonly story: Story;
  readonly state: { readonly OOMKilled: boolean };
  readonly stopped: StopReason | null;
  readonly disk: DiskWatch;
  readonly startedAtMs: number;
}

/** @throws DrylaneError when the command was never run. */
function outcomeOf({ story, state, stopped, disk, startedAtMs }: Ending): SandboxOutcome {
  const { began, ended, look } = story;
  const figures = look?.figures ?? story.figures;
  const oomKilled = state.OOMKilled || (figures?.oomKills ?? 0) > 0;
  if (story.refused !== null) throw refusal(story.refused);
  if (began !== null && !story.traced && !oomKilled && stopped === null) throw refusal('tracer');
  return {
    exitCode: ended?.status ?? null,
    split: began?.split ?? false,
    timedOut: stopped === 'timeout',
    oomKilled,
    diskFull: disk.full,
    pidsExhausted: (figures?.pidsRefused ?? 0) > 0,
    tampered: story.tampered || began === null || !isWholeEnd(story, stopped, oomKilled),
    reached: story.gate?.reached() ?? [],
    leftovers: look?.leftovers ?? [],
    startedAtMs: began?.atMs ?? startedAtMs,
    endedAtMs: ended?.atMs ?? performance.now(),
    resources: {
      cpuMs: figures?.cpuMs ?? null,
      memoryPeakBytes: figures?.memoryPeakBytes ?? null,
      diskBytes: disk.bytes,
      processesPeak: withoutOwn(figures?.processesPeak ?? null),
    },
  };
}

const withoutOwn = (processes: number | null): number | null =>
  processes === null ? null : Math.max(0, processes - OWN_PROCESSES);

/** Whether the command was followed to its own end, or to one that a limit made. */
function isWholeEnd({ ended, look }: Story, stopped: StopReason | null, oomKilled: boolean): boolean {
  if (stopped === 'timeout' || stopped === 'disk') return true;
  // Nothing was left when we looked, and yet something would not end.
  if (stopped === 'tracer') return false;
  return ended === null ? stopped === null && oomKilled : look !== undefined;
}
