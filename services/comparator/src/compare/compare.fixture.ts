import type { Change, Evidence, NetworkAttempt, StepEvidence } from '@drylane/proto/evidence';
import type { Allowance, Comparison } from './comparison.ts';

/** Evidence of a command that did nothing and ended well, with what a test changes. */
export function evidence(over: Partial<Evidence> = {}): Evidence {
  const output = { text: '', bytes: 0, truncated: false, redactions: 0 };
  return {
    exit_code: 0,
    signal: null,
    timed_out: false,
    oom_killed: false,
    disk_full: false,
    pids_exhausted: false,
    duration_ms: 5,
    complete: true,
    steps: [step(0, 'true')],
    changes: [],
    outside: [],
    network: [],
    processes: [],
    privileged: [],
    leftovers: [],
    canaries: [],
    stdout: output,
    stderr: output,
    fidelity: {
      network: 'none',
      runtime: 'runc',
      image: 'sha256:0',
      user: '1000:1000',
      mocked_credentials: [],
      stripped_env: [],
      absent_mounts: [],
      unobserved: ['file reads'],
    },
    resources: { cpu_ms: null, memory_peak_bytes: null, disk_bytes: null, processes_peak: null },
    ...over,
  };
}

export function step(index: number, text: string, over: Partial<StepEvidence> = {}): StepEvidence {
  return {
    index,
    text,
    operator: index === 0 ? null : ';',
    ran: true,
    exit_code: 0,
    pipe_status: [0],
    duration_ms: 1,
    changes: [],
    opaque: false,
    ...over,
  };
}

export function change(path: string, over: Partial<Change> = {}): Change {
  return {
    path,
    kind: 'modified',
    type: 'file',
    class: 'expected',
    step: 0,
    before: null,
    after: null,
    binary: false,
    additions: 1,
    deletions: 0,
    entries: 1,
    ...over,
  };
}

export function attempt(over: Partial<NetworkAttempt> = {}): NetworkAttempt {
  return {
    step: 0,
    program: 'curl',
    protocol: 'tcp',
    host: 'api.github.com',
    address: null,
    port: 443,
    declared: false,
    ...over,
  };
}

/** A comparison of a mutating intent over `blog/*.md`, low risk, with what a test changes. */
export function comparison(
  observed: Partial<Evidence> = {},
  allowed: Partial<Allowance> = {},
  risk: Comparison['risk'] = { level: 'low', parsed: true },
): Comparison {
  return {
    allowance: {
      mode: 'mutating',
      expectedWrites: ['blog/*.md'],
      forbiddenPaths: ['secrets/', '/etc/passwd'],
      network: [],
      credentials: [],
      expectedExit: [0],
      ...allowed,
    },
    risk,
    evidence: evidence(observed),
  };
}
