import type { CanaryLeak, Evidence, NetworkAttempt, ProcessEvidence } from '@drylane/proto/evidence';
import { namesHost } from '@drylane/proto/hosts';
import { reached, type Traced, type TracedAttempt, type TracedProcess } from '../trace/traced.ts';

/** What to know for reading a trace. */
export interface TraceReading {
  /** The hosts that intent names. */
  readonly network: readonly string[];
  /** What the command's own shell was started as: the trace cannot tell. */
  readonly shellArgv: readonly string[];
  readonly scrub: (text: string) => string;
}

/** What a trace tells, as evidence; every text that the command had a hand in is scrubbed. */
export function toldBy(
  traced: Traced,
  reading: TraceReading,
): Pick<Evidence, 'network' | 'processes' | 'privileged'> & { readonly leaks: readonly CanaryLeak[] } {
  const { scrub, network } = reading;
  return {
    network: traced.network
      .filter((attempt) => leadsOut(traced, attempt))
      .map((attempt) => attemptOf(attempt, network, scrub)),
    processes: traced.processes.map((process) => processOf(process, reading)),
    privileged: traced.privileged.map(({ syscall, program, step }) => ({
      ...{ syscall, program: scrub(program), step },
    })),
    leaks: leaksIn(traced, network),
  };
}

function attemptOf(
  attempt: TracedAttempt,
  declared: readonly string[],
  scrub: (text: string) => string,
): NetworkAttempt {
  const { step, program, protocol, host, address, port } = attempt;
  return {
    ...{ step, program: scrub(program), protocol },
    host: host === null ? null : scrub(host),
    address: address === null ? null : scrub(address),
    port,
    declared: isDeclared(attempt, declared),
  };
}

/**
 * Whether an attempt leads out of the container: not one to listen, and not one to a port on which the command itself
 * listens, then or later. Whoever waits for a server of one's own knocks until it is there.
 */
function leadsOut({ listened }: Traced, { protocol, address, port, listens }: TracedAttempt): boolean {
  if (listens) return false;
  const own = protocol === 'tcp' && port !== null && listened.includes(port);
  return !(own && address !== null && LOOPBACK.test(address));
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1)$/;

/** Where others could have reached the command while it ran. */
export function listeners({ network }: Traced): readonly string[] {
  const doors = network
    .filter(({ listens }) => listens)
    .map(
      ({ program, address, port }) =>
        `${program} at ${address ?? 'an unknown address'}, port ${port ?? 'of its own choice'}`,
    );
  return [...new Set(doors)];
}

function isDeclared(attempt: TracedAttempt, declared: readonly string[]): boolean {
  return declared.some((pattern) => namesHost(pattern, attempt));
}

function processOf(process: TracedProcess, { shellArgv, scrub }: TraceReading): ProcessEvidence {
  const { pid, parent, exitCode, signal, step, startedMs, endedMs } = process;
  const argv = process.argv.length === 0 ? shellArgv : process.argv;
  return {
    ...{ pid, parent, argv: scrubArgv(argv, scrub), exit_code: exitCode, signal, step },
    duration_ms: endedMs === null ? null : Math.max(0, Math.round((endedMs - startedMs) * 1000) / 1000),
  };
}

/** Scrubs word by word; where a word is a secret only by the word before it, the line is kept as one. */
export function scrubArgv(argv: readonly string[], scrub: (text: string) => string): string[] {
  const words = argv.map(scrub);
  const line = scrub(argv.join(' '));
  return line === words.join(' ') ? words : [line];
}

/**
 * The sightings that are leaks. A credential that a process hands on, on its command line, in its environment or in
 * what it sends, is meant for whom that process and its children reach: where those are declared hosts and nothing
 * else, live will give them the real one, and that is no leak.
 */
function leaksIn(traced: Traced, declared: readonly string[]): readonly CanaryLeak[] {
  return traced.sightings
    .filter(({ process, step }) => {
      // The shell itself is there in every step, and may become the last one's program.
      const tried = reached(traced, process).filter(
        (attempt) => attempt.step === step && leadsOut(traced, attempt),
      );
      return tried.length === 0 || !tried.every((attempt) => isDeclared(attempt, declared));
    })
    .map(({ credential, where, step }) => ({ credential, where, path: null, step }));
}
