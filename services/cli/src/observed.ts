import type { Evidence, NetworkAttempt, ProcessEvidence } from '@drylane/proto/evidence';
import { commandFrom } from './shell-words.ts';
import { visibleLine } from './terminal.ts';

/** What a rehearsal observed, each thing as one line that is safe to show. What weighs most comes first. */
export interface Observed {
  readonly canaries: readonly string[];
  readonly network: readonly string[];
  readonly privileged: readonly string[];
  readonly leftovers: readonly string[];
  readonly failed: readonly string[];
  readonly limits: readonly string[];
  readonly fidelity: readonly string[];
  readonly resources: readonly string[];
}

/** Puts evidence into words. Things that read alike are one line that says how often. */
export function observed(evidence: Evidence): Observed {
  const undeclaredFirst = [...evidence.network].sort((a, b) => Number(a.declared) - Number(b.declared));
  return {
    canaries: counted(
      evidence.canaries.map(({ credential, where, path, step }) => {
        const place = path === null ? where : `${where} ${visibleLine(path)}`;
        return `${visibleLine(credential)} in ${place}${atStep(step)}`;
      }),
    ),
    network: counted(undeclaredFirst.map(attemptLine)),
    privileged: counted(
      evidence.privileged.map(
        ({ syscall, program, step }) => `${visibleLine(syscall)} by ${visibleLine(program)}${atStep(step)}`,
      ),
    ),
    leftovers: evidence.leftovers.map(({ pid, argv }) => `${commandLine(argv)} (pid ${pid})`),
    failed: counted(evidence.processes.filter(hasFailed).map(failureLine)),
    limits: limitsHit(evidence),
    fidelity: fidelityLines(evidence),
    resources: resourceTexts(evidence),
  };
}

/** The limits that were hit. */
function limitsHit(evidence: Evidence): string[] {
  return [
    evidence.timed_out && 'time limit',
    evidence.oom_killed && 'memory limit',
    evidence.disk_full && 'disk limit',
    evidence.pids_exhausted && 'process limit',
    (evidence.stdout.truncated || evidence.stderr.truncated) && 'output limit',
  ].filter((text) => text !== false);
}

function attemptLine({ step, program, protocol, host, address, port, declared }: NetworkAttempt): string {
  const name = host ?? (address?.includes(':') && protocol !== 'unix' ? `[${address}]` : address);
  const reached = host !== null && address !== null ? ` at ${visibleLine(address)}` : '';
  const place = `${visibleLine(name ?? 'unknown')}${port === null || protocol === 'dns' ? '' : `:${port}`}`;
  const standing = declared ? 'declared' : 'not declared';
  return `${standing}: ${place}${reached} (${protocol}) by ${visibleLine(program)}${atStep(step)}`;
}

/** Whether a process ended as one that failed; one that did not end is a leftover. */
export function hasFailed({ exit_code: status, signal }: ProcessEvidence): boolean {
  return signal !== null || (status !== null && status !== 0);
}

function failureLine({ argv, exit_code: status, signal, step }: ProcessEvidence): string {
  const end = signal === null ? `exit ${status}` : visibleLine(signal);
  return `${commandLine(argv)}: ${end}${atStep(step)}`;
}

const MAX_STRIPPED = 5;

/** How the sandbox differed, in short: what is stripped and what is never observed is much the same for every run. */
function fidelityLines({ fidelity }: Evidence): string[] {
  const { mocked_credentials: mocked, stripped_env: stripped, absent_mounts: absent, unobserved } = fidelity;
  const list = (title: string, names: readonly string[], all = names.length): string[] =>
    names.length === 0
      ? []
      : [`${title}: ${names.map(visibleLine).join(', ')}${all > names.length ? ', …' : ''}`];
  return [
    ...list('mocked credentials', mocked),
    ...list(
      `stripped from the environment (${stripped.length})`,
      stripped.slice(0, MAX_STRIPPED),
      stripped.length,
    ),
    ...list('mounted in the workspace, absent here', absent),
    ...(unobserved.length === 0 ? [] : [`never observed: ${unobserved.length} (--json has all)`]),
  ];
}

function resourceTexts({ duration_ms: took, resources }: Evidence): string[] {
  const { cpu_ms: cpu, memory_peak_bytes: memory, disk_bytes: disk, processes_peak: most } = resources;
  return [
    `took ${milliseconds(took)}`,
    cpu === null ? 'cpu not known' : `cpu ${milliseconds(cpu)}`,
    memory === null ? 'memory not known' : `memory ${size(memory)}`,
    disk === null ? 'disk not known' : `disk ${size(disk)}`,
    most === null ? 'processes not known' : `at most ${most} processes at once`,
  ];
}

const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;

/** Bytes as people read them. */
function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

const atStep = (step: number | null): string => (step === null ? '' : `, step ${step + 1}`);

const MAX_COMMAND = 100;

/** A command line on one line; where it is cut, it says how much is not shown. */
function commandLine(argv: readonly string[]): string {
  const text = visibleLine(commandFrom(argv) ?? '');
  const rest = text.length - MAX_COMMAND;
  return rest > 20 ? `${visibleLine(text.slice(0, MAX_COMMAND))}… (${rest} more characters)` : text;
}

/** Lines in their order, each once, with how often it came. */
function counted(lines: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1);
  return [...times].map(([line, n]) => (n === 1 ? line : `${line}  ×${n}`));
}
