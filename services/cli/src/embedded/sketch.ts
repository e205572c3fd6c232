import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import type { CapturedOutput, Change, Evidence, FileState, StepEvidence } from '@drylane/proto/evidence';
import { namesHost } from '@drylane/proto/hosts';
import { classifyPath, encodePath, type PathRules, pathRules } from '@drylane/proto/paths';
import type { EvidenceSketch } from '@drylane/proto/policy-test';
import { splitSteps } from '@drylane/proto/steps';

type Allowed = Pick<Admitted, 'command' | 'shell' | 'expectedWrites' | 'forbiddenPaths' | 'network'>;

/**
 * Evidence made of what an example says of it. What it leaves out is as a rehearsal of that command would have it that did
 * nothing else and ended well: steps come from the text, and how a path or a host stands to the intent from the intent.
 */
export function evidenceOf(sketch: EvidenceSketch, allowed: Allowed): Evidence {
  const rules = pathRules(allowed.expectedWrites, allowed.forbiddenPaths);
  return {
    ...QUIET,
    ...sketch,
    steps: sketch.steps?.map((step, index) => ({ ...stepOf(index), ...step })) ?? stepsOf(sketch, allowed),
    changes: (sketch.changes ?? []).map((change) => changeOf(change, rules)),
    outside: (sketch.outside ?? []).map((change) => ({ kind: 'modified', ...change })),
    network: (sketch.network ?? []).map((attempt) => {
      const tried = { ...ATTEMPT, ...attempt };
      return { declared: allowed.network.some((pattern) => namesHost(pattern, tried)), ...tried };
    }),
    processes: (sketch.processes ?? []).map((process) => ({ ...PROCESS, ...process })),
    privileged: (sketch.privileged ?? []).map((call) => ({ program: 'sh', step: 0, ...call })),
    leftovers: (sketch.leftovers ?? []).map((left) => ({ pid: 30, argv: ['sleep'], ...left })),
    canaries: (sketch.canaries ?? []).map((leak) => ({ path: null, step: 0, ...leak })),
    stdout: outputOf(sketch.stdout),
    stderr: outputOf(sketch.stderr),
    fidelity: { ...FIDELITY, ...sketch.fidelity },
    resources: { ...RESOURCES, ...sketch.resources },
  };
}

type Quiet = 'exit_code' | 'signal' | 'duration_ms' | 'complete' | 'unpromotable';
type Limits = 'timed_out' | 'oom_killed' | 'disk_full' | 'pids_exhausted';

const QUIET: Pick<Evidence, Quiet | Limits> = {
  ...{ exit_code: 0, signal: null, duration_ms: 1, complete: true, unpromotable: [] },
  ...{ timed_out: false, oom_killed: false, disk_full: false, pids_exhausted: false },
};

const ATTEMPT = {
  ...{ step: 0, program: 'curl', protocol: 'tcp' as const, host: null, address: null, port: 443 },
};
const PROCESS = {
  ...{ pid: 12, parent: 1, argv: ['sh'], exit_code: 0, signal: null, step: 0, duration_ms: 1 },
};
const FIDELITY: Evidence['fidelity'] = {
  ...{ network: 'none', runtime: 'runc', image: `sha256:${'0'.repeat(64)}`, user: '1000:1000' },
  ...{ mocked_credentials: [], stripped_env: [], absent_mounts: [], unobserved: [] },
};
const RESOURCES = { cpu_ms: null, memory_peak_bytes: null, disk_bytes: null, processes_peak: null };
const STATE: FileState = {
  ...{ type: 'file', size: 1, mode: '0644', uid: 1000, gid: 1000, sha256: '0'.repeat(64), target: null },
};

function stepOf(index: number): StepEvidence {
  return {
    ...{ index, text: '', operator: index === 0 ? null : ';', ran: true, exit_code: 0, pipe_status: [0] },
    ...{ duration_ms: 1, changes: [], opaque: false },
  };
}

/** The steps of the command, the last of which ended as the whole did. */
function stepsOf(
  { exit_code = 0, changes = [] }: EvidenceSketch,
  { command, shell }: Allowed,
): StepEvidence[] {
  const plan = splitSteps(command, shell);
  return plan.steps.map(({ index, text, operator }) => {
    const code = index === plan.steps.length - 1 ? exit_code : 0;
    const paths = changes.filter(({ step = 0 }) => step === index).map(({ path }) => path);
    return {
      ...stepOf(index),
      ...{ text, operator, opaque: plan.opaque, changes: paths },
      ...{ exit_code: code, pipe_status: code === null ? [] : [code] },
    };
  });
}

type ChangeSketch = NonNullable<EvidenceSketch['changes']>[number];

function changeOf(sketch: ChangeSketch, rules: PathRules): Change {
  const { before, after, kind = 'modified', type = 'file', ...more } = sketch;
  const bytes = Buffer.from(sketch.path);
  const [was, is] = [kind !== 'added', kind !== 'deleted'];
  return {
    ...{ class: classifyPath(rules, bytes), step: 0, binary: false, additions: 1, deletions: 0, entries: 1 },
    ...more,
    ...{ kind, type, path: encodePath(bytes) },
    before: was && before !== null ? { ...STATE, type, ...before } : null,
    after: is && after !== null ? { ...STATE, type, ...after } : null,
  };
}

function outputOf(sketch: EvidenceSketch['stdout']): CapturedOutput {
  const text = sketch?.text ?? '';
  return { text, bytes: Buffer.byteLength(text), truncated: false, redactions: 0, ...sketch };
}
