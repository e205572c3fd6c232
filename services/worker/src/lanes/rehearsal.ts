import { randomBytes } from 'node:crypto';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { keepDocument } from '@drylane/chassis/blobs/documents';
import type { Logger } from '@drylane/chassis/logger/logger';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import { createRedactor, type Redactor } from '@drylane/chassis/redact/redact';
import { inSpan } from '@drylane/chassis/tracing/tracing';
import type { Json, Job as QueuedJob, Work } from '@drylane/chassis/transport/transport';
import type { Evidence } from '@drylane/proto/evidence';
import { Job, RehearsalTask, type Rehearsed } from '@drylane/proto/task';
import { mintCanaries } from '../evidence/canaries.ts';
import type { Seal } from '../evidence/sealed.ts';
import { rehearse } from '../rehearse/run.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { isWorkersFault, reasonFor } from './faults.ts';
import type { Ground } from './ground.ts';
import { keepPatch } from './patching.ts';
import { couldLand } from './prospect.ts';
import { requestOf } from './request.ts';
import { type Counts, countEvidence, counting } from './tally.ts';
import { taskOf } from './tasks.ts';

/** What rehearsals of this worker stand on. */
export interface RehearsalLane {
  readonly sandbox: Sandbox;
  readonly blobs: Blobs;
  /** Gets the files of a task's workspace. @throws DrylaneError `bad-input` for what must not be rehearsed on. */
  readonly ground: (task: RehearsalTask) => Promise<Ground>;
  /** OCI runtime by its name in the engine; null is the engine's default. */
  readonly runtime: string | null;
  readonly metrics: Counts;
  readonly log: Logger;
  /** The redactor's rules, which take long to prepare. */
  readonly rules: Parameters<typeof createRedactor>[1];
  /** What this process must tell nobody. */
  readonly secrets: readonly KnownSecret[];
  /** Gives up whatever is under way. */
  readonly giveUp: AbortSignal;
}

/**
 * Rehearses what jobs ask for. What fails because of the input or its sandbox is an answer; what is thrown, scrubbed, is
 * this worker's own failure, so that another one may try.
 */
export function rehearsalWork(lane: RehearsalLane): Work {
  return async (job): Promise<Json> => {
    const named = Job.parse(job.data);
    const facts = { run: named.run, stage: 'rehearse', lane: 'rehearsal', queue: 'rehearse' };
    const log = lane.log.about({ run: named.run, stage: 'rehearse' });
    const work = () => answer({ ...lane, log }, named, job);
    const { attempt, trace } = job;
    return inSpan('rehearse', { ...facts, attempt }, work, { from: trace ?? {}, kind: 'consumer' });
  };
}

async function answer(lane: RehearsalLane, named: Job, job: QueuedJob): Promise<Rehearsed> {
  const { log, metrics } = lane;
  const startedMs = performance.now();
  const known: KnownSecret[] = [...lane.secrets];
  log.info('a rehearsal begins', { attempt: job.attempt });
  try {
    const task = await taskOf(lane.blobs, RehearsalTask, named);
    const mocks = Object.entries(task.mocks).map(([name, mock]) => [name, { mock }]);
    const canaries = mintCanaries(task.allowed.credentials, Object.fromEntries(mocks), randomBytes);
    known.push(...canaries);
    const signal = AbortSignal.any([job.signal, lane.giveUp]);
    const rehearsed = await rehearseTask(lane, task, { canaries, signal, startedMs });
    log.info('a rehearsal ended', { took_ms: rehearsed.took_ms, attempt: job.attempt });
    return rehearsed;
  } catch (fault) {
    const redactor = createRedactor(known, lane.rules);
    const reason = reasonFor(fault, redactor);
    log.warn('a rehearsal gave no evidence', { fault: scrubbedFault(fault, redactor) });
    if (isWorkersFault(fault)) throw new Error(reason);
    return { ok: false, reason };
  } finally {
    const seconds = (performance.now() - startedMs) / 1000;
    metrics.observe('drylane_stage_duration_seconds', { stage: 'rehearse' }, seconds);
  }
}

/** A fault as it may be logged: what its words hold of a made-up credential is no leak of the command's. */
function scrubbedFault(fault: unknown, redactor: Redactor): string {
  return redactor.text(fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)).text;
}

interface Terms {
  readonly canaries: readonly KnownSecret[];
  readonly signal: AbortSignal;
  readonly startedMs: number;
}

async function rehearseTask(lane: RehearsalLane, task: RehearsalTask, terms: Terms) {
  const { blobs, metrics, sandbox } = lane;
  const { canaries, signal } = terms;
  using ground = await lane.ground(task);
  const seal = await sealFor(task);
  const own = createRedactor(canaries, lane.rules);
  const redactor = counting(own, metrics);
  const request = requestOf(task, ground.directory, canaries, lane.runtime);
  const mayLand = (observed: Evidence): boolean => couldLand(task, observed);
  await using leave = leaving();
  const handling = { redactor, seal, blobs, mayLand, signal, leaving: leave.begun };
  const seen = await rehearse(sandbox, request, handling);
  const { evidence, patches, changeSet } = seen;
  const sealed = await seal?.end();
  const scrub = (text: string): string => own.text(text).text;
  const patch = await keepPatch(blobs, lane.log, { task, ground, changeSet, scrub, signal });
  const [evidenceDigest, patchesDigest, raw] = await Promise.all([
    keepDocument(blobs, evidence),
    keepDocument(blobs, patches),
    sealed === undefined ? null : blobs.put(sealed),
    leave.gone(),
  ]);
  const tookMs = performance.now() - terms.startedMs;
  countEvidence(evidence, tookMs, metrics);
  return {
    ok: true as const,
    ...{ evidence: evidenceDigest, patches: patchesDigest, raw_output: raw },
    ...{ change_set: changeSet?.digest ?? null, patch },
    ...originOf(ground),
    took_ms: Math.round(tookMs),
  };
}

/** A sandbox that is taken away while what was seen is kept: until it is gone, its files are needed, and nothing is answered. */
function leaving() {
  let gone = Promise.resolve();
  return {
    begun(taken: Promise<void>): void {
      // Whoever waits for it hears of it, unless something else goes wrong first.
      taken.catch(() => undefined);
      gone = taken;
    },
    gone: () => gone,
    [Symbol.asyncDispose]: () => gone.catch(() => undefined),
  };
}

const originOf = ({ place, commit }: Ground): Pick<Ground, 'place' | 'commit'> => ({ place, commit });

/** Raw output is kept for those whom the task names, and for nobody else. */
async function sealFor({ seal_to, limits }: RehearsalTask): Promise<Seal | undefined> {
  if (seal_to.length === 0) return undefined;
  // Loaded when it is needed: it takes longer than a rehearsal.
  const { openSeal } = await import('../evidence/sealed.ts');
  return openSeal(seal_to, limits.output_bytes);
}
