import { realpath } from 'node:fs/promises';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { type Check, createReadiness } from '@drylane/chassis/health/readiness';
import { serveHealth } from '@drylane/chassis/health/server';
import { createLogger, type Logger } from '@drylane/chassis/logger/logger';
import { fileSink } from '@drylane/chassis/logger/sink';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { prepareRules } from '@drylane/chassis/redact/finder';
import { createRedactor } from '@drylane/chassis/redact/redact';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import { endOnSignals } from '@drylane/chassis/shutdown/signals';
import { bullTransport } from '@drylane/chassis/transport/bullmq';
import type { Work } from '@drylane/chassis/transport/transport';
import { digestOf } from '@drylane/proto/digest';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import { QUEUES, type Queue } from '@drylane/proto/task';
import { type WorkerConfig, workerConfig } from './config.ts';
import { dispatcherAt } from './lanes/claims.ts';
import { landingWork, promotionWork } from './lanes/live.ts';
import { openNotes } from './lanes/notes.ts';
import { openQuarters, openSources } from './lanes/quarters.ts';
import { rehearsalWork } from './lanes/rehearsal.ts';
import { servingPart } from './lanes/serving.ts';
import { takeState } from './lanes/state.ts';
import { recoverUnnoted, type Telling, tellAll } from './lanes/telling.ts';
import { createTurns } from './lanes/turns.ts';

/** Queues of a fleet in Redis are all named alike. */
const PREFIX = 'drylane';
/** How long Redis may take to answer, and how much is known of flows that ended; whoever submits them decides that. */
const PATIENCE_MS = 5_000;
const KEEP = { count: 1000, seconds: 3600 };
/** How often the dispatcher is told of claims whose end it may not have heard. */
const TELL_MS = 30_000;
const CLOSE_MS = 10_000;
const CONCURRENCY = { rehearsal: 2, live: 1 } as const;

async function main(): Promise<void> {
  const { config, secrets } = workerConfig(process.env);
  const rules = prepareRules();
  const granted = grantedBy(config.DRYLANE_CREDENTIALS, process.env);
  const given = [...granted].map(([name, value]) => ({ name, value }));
  const redactor = createRedactor([...secrets, ...given], rules);
  const lost = (lines: number): void => log.warn('log lines were lost', { lines });
  const sink = fileSink(1, lost);
  const level = config.DRYLANE_LOG_LEVEL;
  const log: Logger = createLogger({ service: 'worker', level, redactor, sink });
  try {
    await open({ config, secrets, granted, rules, redactor, sink, log });
  } catch (fault) {
    log.fatal('the worker cannot start', { fault });
    await sink.flush(1000);
    process.exit(fault instanceof DrylaneError ? ERROR_CODES[fault.code].exit : 1);
  }
}

/** What everything else is made with. */
interface Base {
  readonly config: WorkerConfig;
  readonly secrets: ReturnType<typeof workerConfig>['secrets'];
  readonly granted: ReadonlyMap<string, string>;
  readonly rules: ReturnType<typeof prepareRules>;
  readonly redactor: ReturnType<typeof createRedactor>;
  readonly sink: ReturnType<typeof fileSink>;
  readonly log: Logger;
}

async function open(base: Base): Promise<void> {
  const { config, log, sink } = base;
  const state = await takeState(config.DRYLANE_STATE);
  const blobs = fileBlobs(config.DRYLANE_BLOBS);
  const roots = await Promise.all(config.DRYLANE_WORKSPACES.map((root) => realpath(root)));
  const metrics = createMetrics({ stage: ['rehearse', 'promote'], rule: [], queue: QUEUES });
  const common: Common = { ...base, stateDir: state.directory, blobs, roots, metrics };
  const lane = await (config.DRYLANE_LANE === 'live' ? openLive(common) : openRehearsals(common));

  const queues = Object.keys(lane.work);
  const transport = bullTransport({
    ...{ url: config.DRYLANE_REDIS_URL, prefix: PREFIX, queues: QUEUES, keep: KEEP },
    ...{ patienceMs: PATIENCE_MS, lockMs: config.DRYLANE_QUEUE_LOCK },
    trouble: (fault) => log.warn('the queues are in trouble', { fault }),
  });
  const readiness = createReadiness({
    checks: {
      ...lane.checks,
      redis: async () => void (await Promise.all(queues.map((queue) => transport.depth(queue)))),
      blobs: async () => void (await blobs.has(digestOf(''))),
    },
    log,
    patienceMs: PATIENCE_MS,
  });
  const limits = { settleMs: config.DRYLANE_SETTLE, graceMs: config.DRYLANE_GRACE, closeMs: CLOSE_MS };
  const shutdown = endOnSignals({ log, sink, limits, unready: () => readiness.drain() });
  const { DRYLANE_HOST: host, DRYLANE_PORT: port } = config;
  const health = await serveHealth({ host, port, readiness, metrics });
  shutdown.add({ name: 'health', close: () => health.close() });
  shutdown.add({ name: 'transport', close: async () => transport[Symbol.asyncDispose]() });
  for (const part of lane.parts) shutdown.add(part);
  const concurrency = config.DRYLANE_CONCURRENCY ?? CONCURRENCY[config.DRYLANE_LANE];
  const servings = Object.entries(lane.work).map(([queue, work]) =>
    transport.serve(queue, work, { concurrency }),
  );
  shutdown.add(servingPart('queues', servings, lane.giveUp));
  log.info('the worker is up', { lane: config.DRYLANE_LANE, queues, concurrency, port: health.port });
}

interface Common extends Base {
  readonly stateDir: string;
  readonly blobs: ReturnType<typeof fileBlobs>;
  readonly roots: readonly string[];
  readonly metrics: ReturnType<typeof createMetrics>;
}

/** A lane that is ready to be served. */
interface OpenLane {
  /** By the queue. */
  readonly work: Readonly<Partial<Record<Queue, Work>>>;
  readonly checks: Readonly<Record<string, Check>>;
  readonly parts: readonly Part[];
  readonly giveUp: AbortController;
}

async function openRehearsals({ config, stateDir, ...common }: Common): Promise<OpenLane> {
  const { blobs, roots, log } = common;
  const { sandbox, reaped, check, part } = await openQuarters(stateDir, config.DRYLANE_IMAGES);
  log.info('what dead workers left was taken away', { ...reaped });
  const { sources, part: files } = await openSources({
    ...{ stateDir, blobs, roots },
    ...{ gitSources: config.DRYLANE_GIT_SOURCES, owner: config.DRYLANE_TREE_USER },
    ...{ cacheBytes: config.DRYLANE_TREE_CACHE, treeBytes: config.DRYLANE_TREE_BYTES },
  });
  const giveUp = new AbortController();
  const runtime = config.DRYLANE_RUNTIME ?? null;
  const rehearse = rehearsalWork({ ...common, sandbox, sources, giveUp: giveUp.signal, runtime });
  return { work: { rehearse }, checks: { engine: check }, parts: [files, part], giveUp };
}

async function openLive({ config, stateDir, ...common }: Common): Promise<OpenLane> {
  const { DRYLANE_DISPATCHER_URL: url = '', DRYLANE_WORKER_TOKEN: token = '' } = config;
  const patienceMs = config.DRYLANE_DISPATCHER_PATIENCE;
  const telling: Telling = {
    ...{ stateDir, notes: openNotes(stateDir), turns: createTurns(), log: common.log },
    dispatcher: dispatcherAt({ url, token, patienceMs }),
  };
  const giveUp = new AbortController();
  const quarters = config.DRYLANE_RERUN ? await openQuarters(stateDir, config.DRYLANE_IMAGES) : undefined;
  await recoverUnnoted(telling);
  await tellAll(telling);
  let round: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    round = round
      .then(() => tellAll(telling))
      .catch((fault: unknown) => common.log.error('claims cannot be told of', { fault }));
  }, TELL_MS);
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await round;
  };
  const reruns =
    quarters === undefined
      ? null
      : {
          ...{ sandbox: quarters.sandbox, rules: common.rules, giveUp: giveUp.signal },
          credentials: common.granted,
        };
  const lane = { ...common, ...telling, reruns };
  return {
    work: { promote: promotionWork(lane), land: landingWork(lane) },
    checks: quarters === undefined ? {} : { engine: quarters.check },
    parts: [{ name: 'telling', close }, ...(quarters === undefined ? [] : [quarters.part])],
    giveUp,
  };
}

/** The values of the variables that commands may be given, as far as they are set. */
function grantedBy(names: readonly string[], environment: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) => {
      const value = environment[name] ?? '';
      return value === '' ? [] : [[name, value] as const];
    }),
  );
}

await main().catch((fault: unknown) => {
  // Only its configuration can have been wrong: what is said of that repeats no value.
  const problems = fault instanceof DrylaneError ? fault.problems : [];
  for (const { field, message, mend } of problems) process.stderr.write(`${field}: ${message}; ${mend}\n`);
  if (problems.length === 0) process.stderr.write('the worker cannot start\n');
  process.exit(fault instanceof DrylaneError ? ERROR_CODES[fault.code].exit : 1);
});
