import type { Change, Evidence, StepEvidence } from '@drylane/proto/evidence';
import type { StepPlan } from '@drylane/proto/steps';
import type { Gathered } from '../changeset/gather.ts';
import { untoldBy } from '../gate/untold.ts';
import type { SettledSteps } from '../rehearse/flow.ts';
import type { RehearsalRequest } from '../rehearse/rehearse.ts';
import { SCRATCH } from '../sandbox/container.ts';
import type { ObservedOutside, PreparedSandbox, SandboxOutcome } from '../sandbox/sandbox.ts';
import { GAPS } from '../trace/gaps.ts';
import type { Traced } from '../trace/traced.ts';
import { pathsOfSteps, type StepLookup } from './attribution.ts';
import type { ObservedChanges } from './changes.ts';
import { leaksOf } from './leaks.ts';
import type { SeenOutput } from './output.ts';
import { signalName } from './signals.ts';
import { listeners, scrubArgv, toldBy } from './told.ts';

/** Everything that was seen of a rehearsal, before it is put together. */
export interface Observations {
  readonly request: RehearsalRequest;
  readonly prepared: Pick<PreparedSandbox, 'imageDigest' | 'runtime' | 'unobserved'>;
  readonly outcome: SandboxOutcome;
  readonly steps: StepPlan;
  readonly settled: SettledSteps;
  readonly observed: ObservedChanges;
  readonly gathered: Omit<Gathered, 'entries'>;
  readonly outside: ObservedOutside;
  readonly lookup: StepLookup;
  readonly tampered: boolean;
  readonly absentMounts: readonly string[];
  readonly traced: Traced;
  readonly stdout: SeenOutput;
  readonly stderr: SeenOutput;
  readonly scrub: (text: string) => string;
  readonly user: { readonly uid: number; readonly gid: number };
}

/** What a rehearsal of this version cannot see, whatever the command. */
const NEVER_OBSERVED = [
  `what is left in ${SCRATCH.join(' and ')}`,
  'other names of a changed file that is hard-linked',
  'file reads',
  'writes, namespaces and kinds of sockets that the system refused by itself',
  'host names that a program asks for with write(2) rather than send(2)',
  'the port that would have been reached at a host that was only looked up',
  'extended attributes and times of files',
];

// 128 + SIGXFSZ: a file grew past the limit on one file, which is that of the disk.
const FILE_TOO_LARGE = 153;

/** Puts the observations together as evidence. Text that the command had a hand in is scrubbed. */
export function evidenceOf(seen: Observations): Evidence {
  const { outcome, observed, request, traced } = seen;
  const shellArgv = [request.shell, '-c', request.command];
  const told = toldBy(traced, { network: request.network, shellArgv, scrub: seen.scrub });
  return {
    exit_code: outcome.exitCode,
    signal: signalOf(seen),
    timed_out: outcome.timedOut,
    oom_killed: outcome.oomKilled,
    disk_full: outcome.diskFull || seen.settled.steps.some(({ exitCode }) => exitCode === FILE_TOO_LARGE),
    pids_exhausted: outcome.pidsExhausted,
    duration_ms: rounded(outcome.endedAtMs - outcome.startedAtMs),
    complete: isComplete(seen),
    steps: stepEvidence(seen),
    changes: observed.changes.map((change) => withScrubbedTargets(change, seen.scrub)),
    outside: [...seen.outside.changes],
    unpromotable: [...seen.gathered.unpromotable],
    network: [...told.network, ...throughGate(seen, told.network)],
    processes: told.processes,
    privileged: told.privileged,
    leftovers: outcome.leftovers.map(({ pid, argv }) => ({ pid, argv: scrubArgv(argv, seen.scrub) })),
    canaries: leaksOf(seen, told.leaks),
    stdout: seen.stdout.captured,
    stderr: seen.stderr.captured,
    fidelity: fidelityOf(seen),
    resources: {
      cpu_ms: outcome.resources.cpuMs === null ? null : rounded(outcome.resources.cpuMs),
      memory_peak_bytes: outcome.resources.memoryPeakBytes,
      disk_bytes: outcome.resources.diskBytes,
      processes_peak: outcome.resources.processesPeak,
    },
  };
}

function isComplete(seen: Observations): boolean {
  const { request, observed, gathered, outside, outcome, tampered, traced } = seen;
  const limited = outcome.timedOut || outcome.oomKilled || outcome.diskFull;
  // A limit that ends the container ends its trace wherever that is; what was told up to there is whole.
  const excused: readonly string[] = limited && outcome.exitCode === null ? [GAPS.noEnd, GAPS.cutOff] : [];
  const gaps = traced.gaps.filter((gap) => !excused.includes(gap));
  // What was not read may have held a credential.
  const unread = traced.cut > 0 && request.canaries.length > 0;
  if (unread) return false;
  const whole = observed.complete && gathered.complete && outside.complete;
  return whole && !outcome.tampered && !tampered && gaps.length === 0;
}

/** The signal that ended the shell or, where the shell tells it by its status, one of the command's processes. */
function signalOf({ outcome: { exitCode }, traced }: Observations): string | null {
  const name = signalName(exitCode);
  const ended = traced.shell?.signal === name || traced.processes.some(({ signal }) => signal === name);
  return name !== null && ended ? name : null;
}

/** What only the gate of a live run saw. */
function throughGate(
  { request, outcome, scrub }: Observations,
  told: Evidence['network'],
): Evidence['network'] {
  return untoldBy(told, outcome.reached, request.network).map((attempt) => ({
    ...attempt,
    host: attempt.host === null ? null : scrub(attempt.host),
  }));
}

function fidelityOf(seen: Observations): Evidence['fidelity'] {
  const { prepared, request } = seen;
  return {
    network: request.live === undefined ? 'none' : 'allowlist',
    runtime: prepared.runtime,
    image: prepared.imageDigest,
    user: `${seen.user.uid}:${seen.user.gid}`,
    mocked_credentials: request.live === undefined ? request.canaries.map(({ name }) => name) : [],
    stripped_env: [...request.strippedEnv],
    absent_mounts: [...seen.absentMounts],
    unobserved: unobserved(seen),
  };
}

/** Where a link points is text of the command's; its name is not scrubbed, because it says which file is meant. */
function withScrubbedTargets(change: Change, scrub: (text: string) => string): Change {
  const { after } = change;
  if (after === null || after.target === null) return change;
  return { ...change, after: { ...after, target: scrub(after.target) } };
}

function stepEvidence({ steps: plan, settled, lookup, observed, scrub }: Observations): StepEvidence[] {
  const pathsOf = pathsOfSteps(observed.changes, lookup);
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
      changes: pathsOf(step.index),
      opaque: plan.opaque,
    };
  });
}

function unobserved({ steps, prepared, traced, gathered, scrub }: Observations): string[] {
  const background = steps.steps.some((step) => step.background);
  return [
    ...NEVER_OBSERVED,
    ...(background ? ['which of two steps that ran at once changed a file'] : []),
    ...(traced.processesLeftOut > 0
      ? [`${traced.processesLeftOut} more processes, beyond those listed`]
      : []),
    ...(traced.networkLeftOut > 0
      ? [`${traced.networkLeftOut} more network attempts, beyond those listed`]
      : []),
    ...listeners(traced).map((door) => `who would have connected to ${scrub(door)}`),
    ...(traced.privilegedLeftOut > 0
      ? [`${traced.privilegedLeftOut} more privileged calls, beyond those listed`]
      : []),
    ...(gathered.unpromotableLeftOut > 0
      ? [`${gathered.unpromotableLeftOut} more paths that cannot be promoted, beyond those listed`]
      : []),
    ...(traced.cut > 0 ? ['network payloads beyond 128 KiB'] : []),
    ...prepared.unobserved,
  ];
}

const rounded = (ms: number): number => Math.max(0, Math.round(ms * 1000) / 1000);
