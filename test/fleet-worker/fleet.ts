import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { keepDocument, recallDocument } from '@drylane/chassis/blobs/documents';
import { fileBlobs } from '@drylane/chassis/blobs/files';
import { bullTransport } from '@drylane/chassis/transport/bullmq';
import { type RedisServer, startRedis } from '@drylane/chassis/transport/redis.fixture';
import type { Before, Transport } from '@drylane/chassis/transport/transport';
import { Evidence } from '@drylane/proto/evidence';
import { type RunId, runId } from '@drylane/proto/ids';
import { limitValues } from '@drylane/proto/limits';
import { type PromotionTask, QUEUES, type RehearsalTask, Rehearsed, taskLimits } from '@drylane/proto/task';
import { makePlace } from '../journey/place.ts';
import { startWorker, type WorkerProcess } from './worker.ts';

/** How long a worker that was killed keeps what it had. */
const LOCK = '4s';

/** Everything that workers need, and the other end of their queues. */
export interface Fleet extends AsyncDisposable {
  readonly site: string;
  readonly root: string;
  readonly blobs: Blobs;
  readonly transport: Transport;
  readonly redis: RedisServer;
  /** Starts a worker; `name` says which state directory it has. */
  worker(name: string, environment: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  /** Sends a task to a queue, and answers what its worker did; `attempts` as dispatchers give them. */
  send(
    queue: 'rehearse' | 'promote',
    task: RehearsalTask | PromotionTask,
    then?: readonly ('compare' | 'land')[],
  ): Promise<Before>;
  /** Rehearses, and answers what a worker kept. */
  rehearse(command: string, more?: Partial<RehearsalTask>): Promise<{ rehearsed: Good; evidence: Evidence }>;
}

type Good = Extract<Rehearsed, { ok: true }>;

/** Starts a Redis, and makes directories for all of them. */
export async function startFleet(name: string): Promise<Fleet> {
  const place = await makePlace(name);
  const redis = await startRedis();
  const blobs = fileBlobs(join(place.root, 'blobs'));
  const transport = bullTransport({
    ...{ url: redis.url, prefix: 'drylane', queues: QUEUES, keep: { count: 100, seconds: 600 } },
    ...{ patienceMs: 5_000, lockMs: 30_000, trouble: () => undefined },
  });
  const waiting = new Map<string, (before: Before) => void>();
  transport.serve(
    'settle',
    async ({ flow, before }) => {
      waiting.get(flow)?.(before);
      return null;
    },
    { concurrency: 8 },
  );
  const workers: WorkerProcess[] = [];
  let flows = 0;
  const send: Fleet['send'] = async (queue, task, then = []) => {
    const id = `${task.run}.${flows++}`;
    const lane = queue === 'promote' ? ('live' as const) : ('rehearsal' as const);
    const data = { run: task.run, lane, task: await keepDocument(blobs, task) };
    const answer = Promise.withResolvers<Before>();
    waiting.set(id, answer.resolve);
    const attempts = queue === 'promote' ? 1 : 2;
    const steps = [
      { queue, data, attempts },
      ...then.map((next) => ({ queue: next, data, attempts: 1 })),
      { queue: 'settle', data, attempts: 5 },
    ];
    await transport.submit({ id, steps, priority: 0 });
    return answer.promise;
  };
  return {
    ...{ site: place.site, root: place.root, blobs, transport, redis, send },
    async worker(state, environment) {
      const worker = await startWorker({
        DRYLANE_REDIS_URL: redis.url,
        DRYLANE_BLOBS: `file:${join(place.root, 'blobs')}`,
        DRYLANE_STATE: join(place.root, state),
        DRYLANE_WORKSPACES: place.site,
        DRYLANE_LOCK: LOCK,
        ...environment,
      });
      workers.push(worker);
      return worker;
    },
    async rehearse(command, more = {}) {
      const before = await send('rehearse', rehearsalTask(place.site, command, more));
      if (before?.ok !== true) throw new Error(`no answer: ${JSON.stringify(before)}`);
      const rehearsed = Rehearsed.parse(before.value);
      if (!rehearsed.ok) throw new Error(rehearsed.reason);
      return { rehearsed, evidence: await recallDocument(blobs, Evidence, rehearsed.evidence) };
    },
    async [Symbol.asyncDispose]() {
      for (const { child, end } of workers)
        if (child.exitCode === null && child.signalCode === null) await end('SIGKILL');
      await transport[Symbol.asyncDispose]();
      await redis.stop();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** A run's id of its own. */
const newRun = (): RunId => runId(Date.now(), randomBytes(10));

const NO_RISK = { write: 0, network: 0, credential: 0, blast_radius: 0 };

/** A task as a dispatcher lets one in. */
export function rehearsalTask(
  site: string,
  command: string,
  more: Partial<RehearsalTask> = {},
): RehearsalTask {
  return {
    run: newRun(),
    envelope: { command, working_dir: site, intent: { mode: 'mutating', expected_writes: ['**'] } },
    policy: `sha256:${'0'.repeat(64)}`,
    ...{ command, shell: 'bash', image: 'drylane/sandbox', source: { path: site } },
    ...{ workspace: site, working_dir: site, env: {}, mocks: {}, promotion: 'auto', seal_to: [] },
    limits: taskLimits(limitValues({ timeout: '60s' })),
    allowed: {
      ...{ mode: 'mutating', expected_writes: ['**'], forbidden_paths: ['secrets/'] },
      ...{ network: [], credentials: [], expected_exit: [0] },
    },
    risk: {
      score: 0,
      level: 'low',
      dimensions: NO_RISK,
      reasons: [],
      programs: [],
      opaque: false,
      parsed: true,
    },
    ...more,
  };
}

/** Makes a directory and says where it is. */
export async function directoryAt(...parts: readonly string[]): Promise<string> {
  const path = join(...parts);
  await mkdir(path, { recursive: true });
  return path;
}
