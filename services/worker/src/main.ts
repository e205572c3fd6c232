import { realpath } from 'node:fs/promises';
import type { Check } from '@drylane/chassis/health/readiness';
import { serveHealth } from '@drylane/chassis/health/server';
import { createMetrics } from '@drylane/chassis/metrics/metrics';
import { openProcess, type Process, runProcess } from '@drylane/chassis/process/process';
import { prepareRules } from '@drylane/chassis/redact/finder';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import type { Part } from '@drylane/chassis/shutdown/shutdown';
import type { Work } from '@drylane/chassis/transport/transport';
import { digestOf } from '@drylane/proto/digest';
import { QUEUES, type Queue, type RehearsalTask } from '@drylane/proto/task';
import { type WorkerConfig, workerConfig } from './config.ts';
import { dispatcherAt } from './lanes/claims.ts';
import { openGround } from './lanes/ground.ts';
import { landingWork, promotionWork } from './lanes/live.ts';
import { openNotes } from './lanes/notes.ts';
import { openQuarters, openSources } from './lanes/quarters.ts';
import { rehearsalWork } from './lanes/rehearsal.ts';
import { servingPart } from './lanes/serving.ts';
import { takeState } from './lanes/state.ts';
import { recoverUnnoted, type Telling, tellAll } from './lanes/telling.ts';
import { createTurns } from './lanes/turns.ts';
import { warmth } from './lanes/warmth.ts';

/** How often the dispatcher is told of claims whose end it may not have heard. */
const TELL_MS = 30_000;
const CONCURRENCY = { rehearsal: 2, live: 1 } as const;

await runProcess(async () => {
  const { config, secrets } = workerConfig(process.env);
  const { DRYLANE_LANE: name, DRYLANE_CONCURRENCY: concurrency = CONCURRENCY[name] } = config;
  const granted = grantedBy(config.DRYLANE_CREDENTIALS, process.env);
  const state = await takeState(config.DRYLANE_STATE);
  const roots = await Promise.all(config.DRYLANE_WORKSPACES.map((root) => realpath(root)));
  const opened = await openProcess({
    service: 'worker',
    config: { ...config, DRYLANE_CONCURRENCY: concurrency },
    secrets: [...secrets, ...[...granted].map(([credential, value]) => ({ name: credential, value }))],
    queues: QUEUES,
  });
  const { log, blobs, transport, shutdown } = opened;
  const metrics = createMetrics({ stage: ['rehearse', 'promote'], rule: [], queue: QUEUES });
  const common = { ...opened, config, secrets, granted, roots, metrics, rules: prepareRules() };
  const here: Here = { ...common, stateDir: state.directory };
  const lane = await (name === 'live' ? openLive(here) : openRehearsals(here));

  const queues = Object.keys(lane.work);
  const readiness = opened.readiness({
    ...lane.checks,
    blobs: async () => void (await blobs.has(digestOf(''))),
  });
  const { DRYLANE_HEALTH_HOST: host, DRYLANE_HEALTH_PORT: port } = config;
  const health = await serveHealth({ host, port, readiness, metrics });
  shutdown.add({ name: 'health', close: () => health.close() });
  for (const part of lane.parts) shutdown.add(part);
  const servings = Object.entries(lane.work).map(([queue, work]) =>
    transport.serve(queue, work, { concurrency }),
  );
  shutdown.add(servingPart('work', servings, lane.giveUp));
  log.info('the worker is up', { lane: name, queues, concurrency, port: health.port });
});

/** What a lane is opened with. */
interface Here extends Omit<Process, 'readiness'> {
  readonly config: WorkerConfig;
  readonly secrets: readonly KnownSecret[];
  readonly granted: ReadonlyMap<string, string>;
  readonly rules: ReturnType<typeof prepareRules>;
  readonly stateDir: string;
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

async function openRehearsals({ config, stateDir, ...common }: Here): Promise<OpenLane> {
  const { blobs, roots, log } = common;
  const { DRYLANE_SLOTS: slots = config.DRYLANE_CONCURRENCY ?? CONCURRENCY.rehearsal } = config;
  const warm = warmth(slots, log, common.metrics);
  const { sandbox, reaped, check, part } = await openQuarters(stateDir, config.DRYLANE_IMAGES, warm);
  log.info('what dead workers left was taken away', { ...reaped });
  const { sources, part: files } = await openSources({
    ...{ stateDir, blobs, roots },
    ...{ gitSources: config.DRYLANE_GIT_SOURCES, owner: config.DRYLANE_TREE_USER },
    ...{ cacheBytes: config.DRYLANE_TREE_CACHE, treeBytes: config.DRYLANE_TREE_BYTES },
  });
  const giveUp = new AbortController();
  const runtime = config.DRYLANE_RUNTIME ?? null;
  const ground = (task: RehearsalTask) => openGround(sources, task);
  const rehearse = rehearsalWork({ ...common, sandbox, ground, giveUp: giveUp.signal, runtime });
  return { work: { rehearse }, checks: { engine: check }, parts: [files, part], giveUp };
}

async function openLive({ config, stateDir, ...common }: Here): Promise<OpenLane> {
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
          ...{ sandbox: quarters.sandbox, rules: common.rules },
          credentials: common.granted,
        };
  const lane = { ...common, ...telling, reruns, giveUp: giveUp.signal };
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
