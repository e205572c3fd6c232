import { keepDocument, recallDocument } from '@drylane/chassis/blobs/documents';
import { scrubDocument } from '@drylane/chassis/redact/document';
import type { KnownSecret } from '@drylane/chassis/redact/known';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { DrylaneError } from '@drylane/proto/errors';
import { Evidence } from '@drylane/proto/evidence';
import { type PromotionTask, type Ran, RehearsalTask } from '@drylane/proto/task';
import { isUntouched } from '../promote/place.ts';
import { type RerunRequest, rerun } from '../promote/rerun.ts';
import type { LiveLane, Reruns } from './lane.ts';
import { requestOf } from './request.ts';
import { counting } from './tally.ts';
import { taskOf } from './tasks.ts';

/** A command that is ready to run for real. */
export interface RunningAgain {
  readonly request: Omit<RerunRequest, 'begin'>;
  /** Whether nothing in its workspace is another than when it was rehearsed. */
  readonly untouched: boolean;
}

/** How the engine calls its default runtime. */
const DEFAULT_RUNTIME = 'runc';

/** Makes a command ready. @throws DrylaneError for what could never run; nothing has been claimed then. */
export async function readyAgain(
  { blobs }: Pick<LiveLane, 'blobs'>,
  { credentials: granted }: Reruns,
  task: PromotionTask,
): Promise<RunningAgain> {
  const rehearsed = await taskOf(blobs, RehearsalTask, { run: task.run, lane: 'live', task: task.rehearsal });
  const { fidelity } = await recallDocument(blobs, Evidence, task.evidence);
  const credentials = rehearsed.allowed.credentials.map((name) => grantedCredential(name, task, granted));
  const untouched = await isUntouched(task.place);
  const runtime = fidelity.runtime === DEFAULT_RUNTIME ? null : fidelity.runtime;
  const { canaries, ...request } = requestOf(rehearsed, task.place.path, credentials, runtime);
  // The image that was rehearsed, whatever its name stands for by now.
  return { request: { ...request, image: fidelity.image, credentials: canaries }, untouched };
}

/** The real value of a credential that was declared. @throws DrylaneError `not-promotable` where there is none for it. */
function grantedCredential(
  name: string,
  task: PromotionTask,
  granted: ReadonlyMap<string, string>,
): KnownSecret {
  const variable = task.credentials[name];
  const value = variable === undefined ? undefined : granted.get(variable);
  if (value !== undefined) return { name, value };
  throw new DrylaneError('not-promotable', {
    field: `credentials.${name}`,
    message: 'is not among those that this worker may give',
    mend: 'name its variable in DRYLANE_CREDENTIALS of the live worker, and set it there',
  });
}

/**
 * Runs a command for real; `begin` claims the run, right before the command can start. Nothing of what it changes lands.
 * @throws before `begin` has resolved: nothing has run. After it: nobody can say what has.
 */
export async function runAgain(
  { blobs, metrics, giveUp }: Pick<LiveLane, 'blobs' | 'metrics' | 'giveUp'>,
  { sandbox, rules }: Reruns,
  { request }: RunningAgain,
  { place, owner, begin }: Pick<PromotionTask, 'place'> & Pick<Ran, 'owner'> & Pick<RerunRequest, 'begin'>,
): Promise<Ran> {
  const redactor = counting(createRedactor(request.credentials, rules), metrics);
  const beginUntouched = async (): Promise<void> => {
    if (await isUntouched(place)) return begin();
    throw new DrylaneError('not-promotable', {
      field: 'workspace',
      message: 'was changed while the run was made ready; nothing was run',
      mend: 'try again',
    });
  };
  const handling = { redactor, blobs, signal: giveUp };
  const { evidence, changeSet } = await rerun(sandbox, { ...request, begin: beginUntouched }, handling);
  // Names too: what stands in one may be the real value.
  const kept = await keepDocument(blobs, scrubDocument(evidence, redactor));
  return { result: 'ran', evidence: kept, change_set: changeSet?.digest ?? null, owner };
}
