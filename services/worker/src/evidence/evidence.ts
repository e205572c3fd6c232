import {
  type CapturedOutput,
  type Evidence,
  NETWORK_UNOBSERVED,
  type StepEvidence,
} from '@drylane/proto/evidence';
import type { SettledSteps } from '../rehearse/flow.ts';
import type { RehearsalRequest } from '../rehearse/rehearse.ts';
import type { StepPlan } from '../rehearse/steps.ts';
import { SCRATCH } from '../sandbox/container.ts';
import type { ObservedOutside, PreparedSandbox, SandboxOutcome } from '../sandbox/sandbox.ts';
import { pathsOfStep, type StepLookup } from './attribution.ts';
import type { ObservedChanges } from './changes.ts';
import { signalName } from './signals.ts';

/** Everything that was seen of a rehearsal, before it is put together. */
export interface Observations {
  readonly request: RehearsalRequest;
  readonly prepared: Pick<PreparedSandbox, 'imageDigest' | 'runtime' | 'unobserved'>;
  readonly outcome: SandboxOutcome;
  readonly steps: StepPlan;
  readonly settled: SettledSteps;
  readonly observed: ObservedChanges;
  readonly outside: ObservedOutside;
  readonly lookup: StepLookup;
  readonly tampered: boolean;
  readonly absentMounts: readonly string[];
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly scrub: (text: string) => string;
  readonly user: { readonly uid: number; readonly gid: number };
}

/** What a rehearsal of this version cannot see, whatever the command. */
const NEVER_OBSERVED = [
  `what is left in ${SCRATCH.join(' and ')}`,
  'other names of a changed file that is hard-linked',
  'file reads',
  'processes that ended before the command did',
  NETWORK_UNOBSERVED,
  'privileged calls',
  'extended attributes and times of files',
];

// 128 + SIGXFSZ: a file grew past the limit on one file, which is that of the disk.
const FILE_TOO_LARGE = 153;

/** Puts the observations together as evidence. Text that the command had a hand in is scrubbed. */
export function evidenceOf(seen: Observations): Evidence {
  const { outcome, observed, request, prepared } = seen;
  return {
    exit_code: outcome.exitCode,
    signal: signalName(outcome.exitCode),
    timed_out: outcome.timedOut,
    oom_killed: outcome.oomKilled,
    disk_full: outcome.diskFull || seen.settled.steps.some(({ exitCode }) => exitCode === FILE_TOO_LARGE),
    pids_exhausted: outcome.pidsExhausted,
    duration_ms: rounded(outcome.endedAtMs - outcome.startedAtMs),
    complete: observed.complete && seen.outside.complete && !outcome.tampered && !seen.tampered,
    steps: stepEvidence(seen),
    changes: [...observed.changes],
    outside: [...seen.outside.changes],
    network: [],
    processes: [],
    privileged: [],
    leftovers: outcome.leftovers.map(({ pid, argv }) => ({ pid, argv: scrubArgv(argv, seen.scrub) })),
    canaries: [],
    stdout: seen.stdout,
    stderr: seen.stderr,
    fidelity: {
      network: 'none',
      runtime: prepared.runtime,
      image: prepared.imageDigest,
      user: `${seen.user.uid}:${seen.user.gid}`,
      mocked_credentials: [],
      stripped_env: [...request.strippedEnv],
      absent_mounts: [...seen.absentMounts],
      unobserved: unobserved(seen),
    },
    resources: {
      cpu_ms: outcome.resources.cpuMs === null ? null : rounded(outcome.resources.cpuMs),
      memory_peak_bytes: outcome.resources.memoryPeakBytes,
      disk_bytes: outcome.resources.diskBytes,
      processes_peak: outcome.resources.processesPeak,
    },
  };
}

function stepEvidence({ steps: plan, settled, lookup, observed, scrub }: Observations): StepEvidence[] {
  return plan.steps.map((step, index) => {
    const end = settled.steps[index];
    const duration = end?.startMs == null || end.endMs === null ? 0 : end.endMs - end.startMs;
    return {
      index: step.index,
      text: scrub(step.text),
      operator: step.operator,
      ran: end?.ran ?? false,
      exit_code: end?.exitCode ?? null,
      pipe_status: [...(end?.pipeStatus ?? [])],
      duration_ms: rounded(duration),
      changes: pathsOfStep(observed.changes, lookup, step.index),
      opaque: plan.opaque,
    };
  });
}

/** Whether a word is a secret may depend on the word before it: then the line is kept as one. */
function scrubArgv(argv: readonly string[], scrub: (text: string) => string): string[] {
  const line = argv.join(' ');
  const clean = scrub(line);
  return clean === line ? [...argv] : [clean];
}

function unobserved({ steps, prepared }: Observations): string[] {
  const background = steps.steps.some((step) => step.background);
  return [
    ...NEVER_OBSERVED,
    ...(background ? ['which of two steps that ran at once changed a file'] : []),
    ...prepared.unobserved,
  ];
}

const rounded = (ms: number): number => Math.max(0, Math.round(ms * 1000) / 1000);
