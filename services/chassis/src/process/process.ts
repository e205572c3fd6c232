import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import { z } from 'zod';
import type { Blobs } from '../blobs/blobs.ts';
import { BLOBS_SECRETS, BLOBS_VARIABLES, blobsSettings, openBlobs } from '../blobs/open.ts';
import { DurationMs, Port, wholeNumber } from '../config/values.ts';
import { type Check, createReadiness, type Readiness } from '../health/readiness.ts';
import { createLogger, type Logger, LogLevel } from '../logger/logger.ts';
import { fileSink } from '../logger/sink.ts';
import type { KnownSecret } from '../redact/known.ts';
import { createRedactor, type Redactor } from '../redact/redact.ts';
import { endOnSignals, type Shutdown } from '../shutdown/signals.ts';
import { openTracing } from '../tracing/open.ts';
import { TRACING_SECRETS, TRACING_VARIABLES, tracingSettings } from '../tracing/settings.ts';
import { bullTransport } from '../transport/bullmq.ts';
import type { Transport } from '../transport/transport.ts';

/** What every process of a fleet is told by its environment, for the schema of its configuration. */
export const PROCESS_VARIABLES = {
  DRYLANE_LOG_LEVEL: LogLevel.default('info'),
  DRYLANE_HEALTH_HOST: z.string().default('0.0.0.0'),
  DRYLANE_HEALTH_PORT: Port.prefault('9464'),
  DRYLANE_GRACE: DurationMs.prefault('25s').describe('how long the end may take, such as 25s'),
  DRYLANE_REDIS_URL: z.string().describe('where the queues are, redis://…'),
  DRYLANE_REDIS_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/, 'must be lower-case letters, digits and -')
    .default('drylane'),
  DRYLANE_LOCK: DurationMs.prefault('30s').describe('how long a silent process keeps its job, such as 30s'),
  DRYLANE_CONCURRENCY: wholeNumber(1, 1000).prefault('4').describe('how many jobs are done at once'),
  ...BLOBS_VARIABLES,
  ...TRACING_VARIABLES,
} as const;

/** Which of them are secret. */
export const PROCESS_SECRETS = {
  DRYLANE_REDIS_URL: 'address',
  ...BLOBS_SECRETS,
  ...TRACING_SECRETS,
} as const;

export type ProcessConfig = z.output<z.ZodObject<typeof PROCESS_VARIABLES>>;

/** What a process has, once it is up. */
export interface Process {
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly blobs: Blobs;
  readonly transport: Transport;
  /** Takes parts that have to end in order; what was opened here ends last. */
  readonly shutdown: Shutdown;
  /** Makes the process's readiness: its own checks, and that the queues can be reached. */
  readiness(checks: Readonly<Record<string, Check>>): Readiness;
}

export interface ProcessOptions {
  readonly service: string;
  readonly config: ProcessConfig;
  readonly secrets: readonly KnownSecret[];
  readonly queues: readonly [string, ...string[]];
}

/** How long flows that ended are known: until then nothing is brought through the queues twice, or tried again. */
const KEEP = { count: 2000, seconds: 20 };
const PATIENCE_MS = 5_000;
const LIMITS = { settleMs: 500, closeMs: 3_000 };

/** Opens what every process works with; from then on it ends on signals. */
export async function openProcess({ service, config, secrets, queues }: ProcessOptions): Promise<Process> {
  const redactor = createRedactor(secrets);
  const sink = fileSink(1, (lines) => log.warn('log lines were lost', { lines }));
  const log: Logger = createLogger({ service, level: config.DRYLANE_LOG_LEVEL, redactor, sink });
  const tracing = await openTracing(tracingSettings(config, service), { redactor, log });
  const blobs = openBlobs(blobsSettings(config));
  const transport = bullTransport({
    ...{ url: config.DRYLANE_REDIS_URL, prefix: config.DRYLANE_REDIS_PREFIX, queues },
    ...{ keep: KEEP, patienceMs: PATIENCE_MS, lockMs: config.DRYLANE_LOCK },
    trouble: (fault) => log.warn('the queues are in trouble', { fault }),
  });
  let ready: Readiness | undefined;
  const shutdown = endOnSignals({
    ...{ log, sink, limits: { ...LIMITS, graceMs: config.DRYLANE_GRACE } },
    unready: () => ready?.drain(),
  });
  // Before everything else, so that it ends last: until then there are spans.
  if (tracing !== undefined) shutdown.add(tracing);
  shutdown.add({ name: 'queues', close: async () => transport[Symbol.asyncDispose]() });
  return {
    ...{ log, redactor, blobs, transport, shutdown },
    readiness(checks) {
      const reach: Check = async () => void (await transport.depth(queues[0]));
      ready = createReadiness({ checks: { queues: reach, ...checks }, log, patienceMs: PATIENCE_MS });
      return ready;
    },
  };
}

/** Does a process's work. What it cannot do is said in one line each, with the mend, and the process ends with its status. */
export async function runProcess(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    if (!(fault instanceof DrylaneError)) throw fault;
    for (const { field, message, mend } of fault.problems)
      process.stderr.write(`${field}: ${message}; ${mend}\n`);
    process.exit(ERROR_CODES[fault.code].exit);
  }
}
