import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { watchFor } from '@drylane/chassis/redact/watch';
import { DrylaneError } from '@drylane/proto/errors';
import { limitValues } from '@drylane/proto/limits';
import { openTrace } from '../trace/trace.ts';
import type { Traced } from '../trace/traced.ts';
import { dockerSandbox } from './docker.ts';
import { connectEngine, type Engine, findImage } from './engine.ts';
import { chooseGiver } from './giver.ts';
import { currentOwner, formatOwner } from './owner.ts';
import { reap } from './reaper.ts';
import type { SandboxOutcome, ShellEnd } from './sandbox.ts';
import { TOOLKIT_IMAGE } from './toolkit.ts';

/** One thing that a rehearsal needs of this machine. */
export interface Check {
  readonly name: 'engine' | 'images' | 'workspace' | 'rehearsal' | 'tracing' | 'limits' | 'leftovers';
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it; null when there is nothing to do. */
  readonly mend: string | null;
}

/** Tries everything a rehearsal needs, with a real one of `true`; stops at the first thing the rest stands on. */
export async function examine(stateDir: string, image: string): Promise<Check[]> {
  const checks: Check[] = [];
  const attempt = async <T>(
    name: Check['name'],
    part: () => Promise<[T, string]>,
  ): Promise<T | undefined> => {
    try {
      const [value, detail] = await part();
      checks.push({ name, ok: true, detail, mend: null });
      return value;
    } catch (fault) {
      checks.push(failed(name, fault));
      return undefined;
    }
  };

  const engine = await attempt('engine', async () => {
    const found = await connectEngine();
    const { ServerVersion, Driver, CgroupVersion } = await found.info();
    return [found, `${ServerVersion}, ${Driver}, cgroup v${CgroupVersion ?? '1'}`];
  });
  if (engine === undefined) return checks;

  const images = await attempt('images', async () => {
    await Promise.all([image, TOOLKIT_IMAGE].map((name) => findImage(engine, name)));
    return [true, `${image}, ${TOOLKIT_IMAGE}`];
  });
  if (images === undefined) return checks;

  const giver = chooseGiver(engine);
  const way = giver.name === 'slot' ? 'mounted by drylane (slot)' : 'mounted by the engine (volume)';
  checks.push({ name: 'workspace', ok: true, detail: way, mend: null });

  const tried = await attempt('rehearsal', async () => {
    const startedAt = performance.now();
    const ended = await tryOne(engine, stateDir, image);
    return [ended, `a command ran in ${Math.round(performance.now() - startedAt)} ms`];
  });
  if (tried !== undefined) checks.push(tracing(tried.traced), limits(tried.outcome));

  await attempt('leftovers', async () => {
    const { containers, volumes, directories } = await reap(engine, stateDir);
    const sum = containers + volumes + directories;
    return [
      sum,
      sum === 0 ? 'none' : `removed ${containers} containers, ${volumes} volumes, ${directories} directories`,
    ];
  });
  return checks;
}

function failed(name: Check['name'], fault: unknown): Check {
  const problem = fault instanceof DrylaneError ? fault.problems[0] : undefined;
  return {
    name,
    ok: false,
    detail: problem?.message ?? String(fault),
    mend: problem?.mend ?? 'report this',
  };
}

/** The command that was tried starts a process and makes a call that must be refused. */
function tracing({ gaps, processes, privileged }: Traced): Check {
  const ok = gaps.length === 0 && processes.length > 1 && privileged.length === 1;
  return {
    name: 'tracing',
    ok,
    detail: ok
      ? 'processes, network attempts and privileged calls are seen'
      : (gaps[0] ?? 'a process or a refused call was not seen'),
    mend: ok ? null : 'the engine must let containers call ptrace, and must take a seccomp profile',
  };
}

function limits(outcome: SandboxOutcome): Check {
  const { memoryPeakBytes, processesPeak } = outcome.resources;
  const ok = memoryPeakBytes !== null;
  return {
    name: 'limits',
    ok,
    detail: ok
      ? `control groups can be read${processesPeak === null ? ', but not the peak of processes' : ''}`
      : 'the control groups of containers cannot be read',
    mend: ok ? null : 'run drylane on the host of the engine, with /sys/fs/cgroup mounted',
  };
}

interface Tried {
  readonly outcome: SandboxOutcome;
  readonly traced: Traced;
}

async function tryOne(engine: Engine, stateDir: string, image: string): Promise<Tried> {
  // Named like a rehearsal's own directory, so that the reaper knows whose it is.
  const workspace = join(stateDir, 'sandboxes', `${formatOwner(currentOwner())}_doctor`);
  await mkdir(workspace, { recursive: true });
  try {
    const { uid, gid } = await stat(workspace);
    const sandbox = dockerSandbox({ engine, stateDir, giver: chooseGiver(engine) });
    const prepared = await sandbox.prepare({
      runId: 'doctor',
      image,
      runtime: null,
      source: workspace,
      workspace,
      workingDir: workspace,
      shell: 'sh',
      // chroot(2) is a privileged call that a program of every image makes.
      command: 'chroot / true; true',
      wrapped: null,
      env: {},
      limits: limitValues({ timeout: '20s' }),
      user: { uid, gid },
      credentials: [],
      live: null,
    });
    try {
      let end: ShellEnd | null = null;
      const trace = openTrace(watchFor([]), {
        shellEnded: (shellEnd) => {
          end = shellEnd;
        },
      });
      const outcome = await prepared.run({
        output: () => undefined,
        marker: async () => undefined,
        trace(chunk) {
          trace.push(chunk);
          return end;
        },
      });
      return { outcome, traced: trace.end() };
    } finally {
      await prepared.destroy();
    }
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
