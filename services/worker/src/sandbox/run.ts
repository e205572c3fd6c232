import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { DrylaneError } from '@drylane/proto/errors';
import type { LimitValues } from '@drylane/proto/limits';
import type Docker from 'dockerode';
import { type CgroupFigures, type CgroupPaths, parseCgroupPaths, readCgroup } from './cgroup.ts';
import type { ControlChannel } from './control.ts';
import { engineFault } from './engine.ts';
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
}

/** What is noted while the container lives, because it cannot be asked afterwards. */
interface LastLook {
  readonly figures: CgroupFigures | null;
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
  const disk = watchDisk(ready.given, stop);
  const pidKnown = Promise.withResolvers<number>();
  let story: Story = BLANK_STORY;
  let look: LastLook = { figures: null, leftovers: [] };

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
      [look] = await Promise.all([lastLook(await pidKnown.promise), disk.look()]);
      stop.after(RUNNER_END_MS, 'runner');
    }
    return told.marker || ended;
  };
  control.listen(onLine, () => stop.now('tampered'));

  stop.after(limits.timeoutMs, 'timeout');
  const startedAtMs = performance.now();
  let state: { ExitCode: number; OOMKilled: boolean };
  try {
    await container.start();
    const running = await container.inspect();
    pidKnown.resolve(running.State.Pid);
    await Promise.all([container.wait(), output.ended]);
    state = (await container.inspect()).State;
  } catch (cause) {
    throw engineFault('sandbox', cause);
  } finally {
    stop.rest();
    pidKnown.resolve(0);
    await control.settled();
    await disk.end();
  }
  const endedAtMs = performance.now();
  if (story.uncovered) throw uncovered();

  const oomKilled = state.OOMKilled || (look.figures?.oomKills ?? 0) > 0;
  return {
    exitCode: story.ended?.status ?? (stop.reason === null ? state.ExitCode : null),
    split: story.began?.split ?? false,
    timedOut: stop.reason === 'timeout',
    oomKilled,
    diskFull: disk.full,
    pidsExhausted: (look.figures?.pidsRefused ?? 0) > 0,
    tampered: !believable(story, state, stop.reason, oomKilled),
    leftovers: look.leftovers,
    startedAtMs: story.began?.atMs ?? startedAtMs,
    endedAtMs: story.ended?.atMs ?? endedAtMs,
    resources: {
      cpuMs: look.figures?.cpuMs ?? null,
      memoryPeakBytes: look.figures?.memoryPeakBytes ?? null,
      diskBytes: disk.bytes,
      processesPeak: look.figures?.processesPeak ?? null,
    },
  };
}

/** Whether the story fits how the engine says the container ended: only its first process sets that status. */
function believable(
  story: Story,
  state: { ExitCode: number },
  stopped: StopReason | null,
  oomKilled: boolean,
): boolean {
  if (story.tampered || story.began === null) return false;
  if (stopped !== null) return stopped === 'timeout' || stopped === 'disk';
  return story.ended === null ? oomKilled : story.ended.status === state.ExitCode;
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

async function lastLook(pid: number): Promise<LastLook> {
  const paths = await cgroupOf(pid);
  if (paths === undefined) return { figures: null, leftovers: [] };
  const leftovers = await findLeftovers(paths, pid);
  return { figures: await readCgroup(paths), leftovers };
}

async function cgroupOf(pid: number): Promise<CgroupPaths | undefined> {
  const text = pid === 0 ? '' : await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return parseCgroupPaths(text);
}

function uncovered(): DrylaneError {
  return new DrylaneError('machine-unfit', {
    field: 'workspace',
    message: 'the container does not see the copy-on-write view of the workspace, so nothing was run',
    mend: 'run the engine in the same mount namespace as drylane, or see: drylane doctor',
  });
}
