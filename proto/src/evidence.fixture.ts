import type { Change, Evidence, NetworkAttempt } from './evidence.ts';

/** Evidence of a command that did nothing and ended well, with what a test changes. */
export function blankEvidence(over: Partial<Evidence> = {}): Evidence {
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
    steps: [],
    changes: [],
    outside: [],
    unpromotable: [],
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
      unobserved: [],
    },
    resources: { cpu_ms: null, memory_peak_bytes: null, disk_bytes: null, processes_peak: null },
    ...over,
  };
}

/** An expected change of one line in the first step, with what a test changes. */
export function blankChange(path: string, over: Partial<Change> = {}): Change {
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

/** An undeclared connection of `curl` in the first step, with what a test changes. */
export function blankAttempt(over: Partial<NetworkAttempt> = {}): NetworkAttempt {
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
