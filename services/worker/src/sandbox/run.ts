import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { DrylaneError } from '@drylane/proto/errors';
import type { LimitValues } from '@drylane/proto/limits';
import type Docker from 'dockerode';
import { type CgroupFigures, type CgroupPaths, parseCgroupPaths, processesIn, readCgroup } from './cgroup.ts';
import type { ControlChannel } from './control.ts';
import { engineFault } from './engine.ts';
import { layersOf } from './layer.ts';
import { findLeftovers, type Leftover } from './leftovers.ts';
import { BLANK_STORY, type Story, tell } from './protocol.ts';
import type { SandboxListener, SandboxOutcome } from './sandbox.ts';
import { type StopReason, stopper, watchDisk } from './watch.ts';
import type { GivenWorkspace } from './workspace.ts';

/** A container with its workspace and control channel, ready to start. */
export interface ReadyContainer {
  readonly container: Docker.Container;
  readonly control: ControlChannel;
  readonly given: GivenWorkspace;
  readonly limits: LimitValues;
  /** The directory of the container's identity files, which the command may be able to write. */
  readonly identity: string;
}

/** What is noted while the container lives, because it cannot be asked afterwards. */
interface LastLook {
  readonly figures: CgroupFigures;
  readonly leftovers: readonly Leftover[];
}

// A runner that was answered ends at once; one whose answer was stolen by the command is ended by us.
const RUNNER_END_MS = 2_000;

/** Starts the container, follows it to its end, and says how that was. */
export async function runContainer(
  ready: ReadyContainer,
  listener: SandboxListener,
): Promise<SandboxOutcome> {
  const { container, control, limits } = ready;
  const stop = stopper(container);
  const disk = watchDisk(ready.given, limits.diskBytes, stop);
  disk.alsoBelow(ready.identity);
  const living = Promise.withResolvers<LivingContainer | undefined>();
  let story: Story = BLANK_STORY;
  let look: LastLook | undefined;

  const output = await attach(container, listener);
  const onLine = async (line: string, atMs: number): Promise<boolean> => {
    const told = tell(story, line, atMs);
    const ended = story.ended === null && told.story.ended !== null;
    story = told.story;
    // Evidence that is not complete cannot promote: there is nothing more to learn from the command.
    if (story.tampered) stop.now('tampered');
    if (told.marker) {
      await disk.look();
      await listener.marker(line, atMs);
    }
    if (ended) {
      [look] = await Promise.all([lastLook(await living.promise), disk.look()]);
      stop.after(RUNNER_END_MS, 'runner');
    }
    return told.marker || ended;
  };
  control.listen(onLine, () => stop.now('tampered'));

  const startedAtMs = performance.now();
  let state: { ExitCode: number; OOMKilled: boolean };
  try {
    await container.start();
    stop.after(limits.timeoutMs, 'timeout');
    const running = await container.inspect();
    living.resolve(await livingContainer(running.Id, running.State.Pid));
    disk.alsoBelow(layersOf(running)?.upper);
    await Promise.all([container.wait(), output.ended]);
    state = (await container.inspect()).State;
  } catch (cause) {
    throw engineFault('sandbox', cause);
  } finally {
    stop.rest();
    living.resolve(undefined);
    await control.settled();
    await disk.end();
  }
  const endedAtMs = performance.now();
  if (story.refused !== null) throw REFUSALS[story.refused]();

  const oomKilled = state.OOMKilled || (look?.figures.oomKills ?? 0) > 0;
  return {
    exitCode: story.ended?.status ?? (stop.reason === null ? state.ExitCode : null),
    split: story.began?.split ?? false,
    timedOut: stop.reason === 'timeout',
    oomKilled,
    diskFull: disk.full,
    pidsExhausted: (look?.figures.pidsRefused ?? 0) > 0,
    tampered: !believable({ story, state, stopped: stop.reason, oomKilled, looked: look !== undefined }),
    leftovers: look?.leftovers ?? [],
    startedAtMs: story.began?.atMs ?? startedAtMs,
    endedAtMs: story.ended?.atMs ?? endedAtMs,
    resources: {
      cpuMs: look?.figures.cpuMs ?? null,
      memoryPeakBytes: look?.figures.memoryPeakBytes ?? null,
      diskBytes: disk.bytes,
      processesPeak: look?.figures.processesPeak ?? null,
    },
  };
}

interface Ending {
  readonly story: Story;
  readonly state: { readonly ExitCode: number };
  readonly stopped: StopReason | null;
  readonly oomKilled: boolean;
  /** Whether leftovers and counters were read while the runner still waited. */
  readonly looked: boolean;
}

/** Whether the story fits how the engine says the container ended: only its first process sets that status. */
function believable({ story, state, stopped, oomKilled, looked }: Ending): boolean {
  if (story.tampered) return false;
  if (stopped !== null) return stopped === 'timeout' || stopped === 'disk';
  if (story.began === null) return false;
  return story.ended === null ? oomKilled : looked && story.ended.status === state.ExitCode;
}

async function attach(container: Docker.Container, listener: SandboxListener) {
  const sink = (stream: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        listener.output(stream, chunk);
        done();
      },
    });
  const stream = await container
    .attach({ stream: true, hijack: true, stdout: true, stderr: true })
    .catch((cause: unknown) => {
      throw engineFault('sandbox', cause);
    });
  container.modem.demuxStream(stream, sink('stdout'), sink('stderr'));
  return { ended: finished(stream, { writable: false }) };
}

interface LivingContainer {
  readonly runnerPid: number;
  readonly groups: CgroupPaths;
}

/** A container's first process and control groups, looked up while both are surely its own. */
async function livingContainer(id: string, pid: number): Promise<LivingContainer | undefined> {
  if (pid === 0) return undefined;
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  const groups = parseCgroupPaths(text);
  const own =
    groups !== undefined && [groups.memory, groups.pids, groups.cpu].every((path) => path.includes(id));
  return own ? { runnerPid: pid, groups } : undefined;
}

/**
 * Reads leftovers and counters; undefined unless the runner was there before and after. The command can answer the
 * runner in our place, and then there is nothing left to be read, or somebody else's.
 */
async function lastLook(living: LivingContainer | undefined): Promise<LastLook | undefined> {
  if (living === undefined) return undefined;
  const { groups, runnerPid } = living;
  const leftovers = await findLeftovers(groups, runnerPid);
  const figures = await readCgroup(groups);
  return (await processesIn(groups)).includes(runnerPid) ? { figures, leftovers } : undefined;
}

const REFUSALS = {
  uncovered: () =>
    new DrylaneError('machine-unfit', {
      field: 'workspace',
      message: 'the container does not see the copy-on-write view of the workspace, so nothing was run',
      mend: 'run the engine in the same mount namespace as drylane, or see: drylane doctor',
    }),
  shell: () =>
    new DrylaneError('bad-input', {
      field: 'shell',
      message: 'the image has no such shell, so nothing was run',
      mend: 'choose another image, or --shell sh',
    }),
} as const;
