import type { Readiness } from '@drylane/chassis/health/readiness';
import { createReadiness } from '@drylane/chassis/health/readiness';
import { createLogger, type Logger, type LogLevel } from '@drylane/chassis/logger/logger';
import { fileSink, type LogSink } from '@drylane/chassis/logger/sink';
import { createRedactor, type Redactor } from '@drylane/chassis/redact/redact';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import { endOnSignals } from '@drylane/chassis/shutdown/signals';
import { digestOf } from '@drylane/proto/digest';
import { warmth } from '@drylane/worker/lanes/warmth';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import { type Ending, ending, lanePart } from './ending.ts';
import { type Ground, type GroundOptions, openGround } from './ground.ts';
import { openLane, openMetrics, type UpMetrics } from './lane.ts';
import { type Notice, tokenFile } from './notice.ts';
import { turning } from './rounds.ts';
import { serveApi } from './serving.ts';

export interface UpOptions extends Omit<GroundOptions, 'warm'> {
  readonly runtime: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly concurrency: number;
  /** How many containers of a kind are kept that wait for a rehearsal. */
  readonly slots: number;
  /** How long what runs may take to end, in milliseconds. */
  readonly graceMs: number;
  readonly logLevel: LogLevel;
}

const CLOSE_MS = 15_000;
const PATIENCE_MS = 5_000;

/**
 * Brings a dispatcher, workers and a comparator up in this process, and says so in the state directory. From then on it ends
 * on signals: it takes nothing new, finishes what runs, and leaves nothing behind.
 * @throws DrylaneError `machine-unfit` where another is up already, or this machine cannot rehearse; `bad-policy`.
 */
export async function openUp(options: UpOptions): Promise<Notice> {
  const parts: Part[] = [];
  const voice = voiceOf(options.logLevel);
  const metrics = openMetrics();
  const warm = warmth(options.slots, voice.log, metrics);
  try {
    const ground = await openGround({ ...options, warm }, parts);
    return await bringUp({ ground, voice, metrics }, options, parts);
  } catch (fault) {
    for (const { close } of parts.toReversed()) await close?.().catch(() => undefined);
    throw fault;
  }
}

interface Voice {
  readonly log: Logger;
  readonly sink: LogSink;
  readonly redactor: Redactor;
}

interface Standing {
  readonly ground: Ground;
  readonly voice: Voice;
  readonly metrics: UpMetrics;
}

async function bringUp(
  { ground, voice, metrics }: Standing,
  options: UpOptions,
  parts: Part[],
): Promise<Notice> {
  const { hold, database, policy, roots, desk, quarters, own } = ground;
  const { port, runtime, concurrency, env } = options;
  const { log, redactor } = voice;
  const readiness = readinessOf(ground, log);
  const end = ending(hold, () => readiness.drain());
  const rounds = turning(log);
  const lane = openLane({
    ...{ desk, policy, quarters, own, roots, env, log, runtime, concurrency, metrics },
    nudge: rounds.nudge,
  });
  const http = await serveApi({
    ...{ port, token: hold.token, database, fleet: lane.fleet, metrics, readiness, log, redactor },
    isEnding: () => end.begun,
  });
  parts.push(
    { name: 'http', close: () => http.close() },
    { name: 'notice', close: async () => hold.withdraw() },
    lanePart({ rounds, work: lane.part, http, hold }),
  );
  const notice = noticeOf(ground, options.stateDir, http.port);
  rounds.begin(lane.fleet, metrics, http.schedules);
  endBySignals(voice, options.graceMs, end, parts);
  end.opened(notice);
  log.info('drylane is up', { port: http.port, policy: policy.digest, roots });
  return notice;
}

function voiceOf(level: LogLevel): Voice {
  // The one secret of this process has a form that every redactor knows.
  const redactor = createRedactor([]);
  const sink = fileSink(2, (lines) => log.warn('log lines were lost', { lines }));
  const log = createLogger({ service: 'up', level, redactor, sink });
  return { log, sink, redactor };
}

function readinessOf({ desk, quarters }: Ground, log: Logger): Readiness {
  return createReadiness({
    checks: {
      ledger: async () => void (await desk.ledger.listRuns({ limit: 1 })),
      blobs: async () => void (await desk.blobs.has(digestOf(''))),
      engine: quarters.check,
    },
    ...{ log, patienceMs: PATIENCE_MS },
  });
}

function noticeOf({ roots, policy }: Ground, stateDir: string, port: number): Notice {
  return {
    ...{ version: 1, url: `http://127.0.0.1:${port}`, token_file: tokenFile(stateDir) },
    ...{ pid: process.pid, owner: formatOwner(currentOwner()), taking: true, roots: [...roots] },
    live_from: policy.policy.approvals.live.from,
  };
}

function endBySignals({ log, sink }: Voice, graceMs: number, end: Ending, parts: readonly Part[]): void {
  const limits = { settleMs: 0, graceMs, closeMs: CLOSE_MS };
  const shutdown = endOnSignals({ log, sink, limits, unready: () => end.begin() });
  for (const part of parts) shutdown.add(part);
  // Whoever closes the terminal means it, too.
  process.on('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
}
