import { ChangeSet } from '@drylane/proto/change-set';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import type { Promoted } from '@drylane/proto/promotion';
import type { Sheet } from '@drylane/proto/sheet';
import { type AfarFlags, refuseHere } from '../afar.ts';
import { printJson, type Status, writeBytes } from '../context.ts';
import { notNow } from '../embedded/ended.ts';
import { EXIT, PROMOTION_EXIT } from '../exit.ts';
import { promotionLines } from '../promotion-block.ts';
import { stateDirectory } from '../state.ts';
import { RunView } from './answers.ts';
import type { Client } from './client.ts';
import { readRun } from './follow.ts';
import { runToMove } from './naming.ts';
import { type Fleet, progress, tell, typed } from './open.ts';
import { readReport } from './reading.ts';
import { readSheet } from './sheets.ts';
import { takingDesk, tellFleet } from './taking.ts';
import { watch } from './watching.ts';

/** What `apply` is told. */
export interface LandingFlags extends AfarFlags {
  readonly state?: string;
  readonly merge?: boolean;
  readonly workspace?: string;
  readonly patch?: boolean;
  readonly json?: boolean;
}

/** `drylane apply` in a fleet: there, or, for what has no place there, here. */
export async function applyAfar(fleet: Fleet, name: string, options: LandingFlags): Promise<Status> {
  const { client, context } = fleet;
  const id = runToMove(name);
  if (options.patch) return printPatch(fleet, id);
  // What a killed process left is brought to its end first: it may be this very run.
  await tellFleet(fleet, stateDirectory(options.state, context.env));
  const [run, sheet] = [await readRun(client, id), await readSheet(client, id, 'live')];
  const isThere = 'path' in sheet.landing.workspace;
  const promoted = isThere
    ? await landThere(fleet, run, sheet, options)
    : await landHere(fleet, run, sheet, options);
  if (options.json) printJson(context, promoted);
  else tell(fleet, promotionLines(promoted.promotion, promoted.receipt, sheet.subject.change_set !== null));
  return PROMOTION_EXIT[promoted.promotion.result];
}

/** Asks the fleet to let a run land on the workspace that its workers reach. */
async function landThere(fleet: Fleet, run: RunView, sheet: Sheet, options: LandingFlags): Promise<Promoted> {
  const { state, merge, workspace } = options;
  refuseHere({ '--state': state, '--merge': merge, '--workspace': workspace });
  if (run.state !== 'promoting') refuseUnlandable(run, sheet);
  const { client } = fleet;
  // Asked again, it changes nothing.
  const call = { method: 'POST', path: `/v1/runs/${run.id}/promote`, isSafe: true } as const;
  const asked = await client.ask(RunView, call);
  const ended = await watch(fleet, asked, (at) => at === 'awaiting-live-approval');
  if (!isEnd(ended.state)) throw approvalNeeded(run.id);
  const { promotion, receipt } = await readReport(client, run.id);
  if (promotion === null) throw notNow(ended);
  return { run_id: run.id, state: ended.state, promotion, receipt };
}

/** What a run that lands on this machine is told. */
export type HereOptions = Pick<LandingFlags, 'state' | 'merge' | 'workspace'>;

/**
 * Fetches what a run changed, and lets it land in a directory of this machine: taken in the fleet right before, and told
 * of there.
 */
export async function landHere(
  fleet: Fleet,
  run: RunView,
  sheet: Sheet,
  options: HereOptions,
): Promise<Promoted> {
  const { client, context } = fleet;
  const { state, merge = false, workspace: directory } = options;
  if (run.state === 'promoted') throw landedBefore(run, sheet);
  refuseUnlandable(run, sheet);
  if (directory === undefined) throw noWorkspace();
  refuseHow(run.id, sheet, merge);
  const { applyHere } = await import('../embedded/applying.ts');
  const { bound, subject } = sheet;
  const change = subject.change_set === null ? null : await changeOf(client, run.id, subject.change_set);
  const foreign = { run: run.id, bound, change, directory, merge };
  const stateDir = stateDirectory(state, context.env);
  const { promotion, isTold } = await applyHere(foreign, takingDesk(client), stateDir, context.env);
  if (isTold) {
    const { state: ended, receipt } = await readReport(client, run.id);
    return { run_id: run.id, state: ended, promotion, receipt };
  }
  progress(fleet, `${client.host} does not know of it yet; tell it: ${typed('drylane recover', fleet.url)}`);
  return { run_id: run.id, state: 'promoting', promotion, receipt: null };
}

/** Refuses what can never land here. */
function refuseHow(id: RunId, { subject, approvals }: Sheet, merge: boolean): void {
  if (subject.mode === 'rerun')
    throw notPromotable(
      id,
      'would have to run again, and has no place to',
      'rehearse it on a path that the fleet reaches',
    );
  if (merge && approvals.length > 0)
    throw notPromotable(id, 'was approved as it is, and a merge is another', 'apply it without --merge');
}

/** A run lands once, wherever that is; its changes can still be had. */
function landedBefore({ id }: RunView, { landing }: Sheet): DrylaneError {
  const mend =
    'git' in landing.workspace
      ? `for another clone: drylane apply ${id} --patch | git am`
      : `for another directory, unpack its layer: GET /v1/runs/${id}/change-set/layer`;
  return notPromotable(id, 'has landed already, and a run lands once', mend);
}

const IDLE_MS = 60_000;

/** What a run changed; of its parts, never more bytes are fetched than its manifest says. */
async function changeOf(client: Client, id: RunId, digest: Digest) {
  const path = `/v1/runs/${id}/change-set`;
  const changeSet = await client.ask(ChangeSet, { method: 'GET', path });
  const sizes = { layer: changeSet.layer.size, bases: changeSet.bases?.size ?? 0 };
  const fetch = (part: 'layer' | 'bases'): Promise<AsyncIterable<Uint8Array>> => {
    const call = { method: 'GET', path: `${path}/${part}`, accept: '*/*' } as const;
    return client.stream(call, { bytes: sizes[part], idleMs: IDLE_MS });
  };
  return { changeSet, digest, fetch };
}

/** Refuses what cannot land now, for the same reasons as on one machine. */
function refuseUnlandable(run: RunView, { subject, missing, waits_until_ms: until }: Sheet): void {
  if (run.state === 'awaiting-live-approval') throw approvalNeeded(run.id);
  if (run.state !== 'promotable') throw notNow(run);
  if (missing > 0) throw approvalNeeded(run.id);
  if (until !== null && until <= Date.now()) throw notNow({ id: run.id, state: 'expired' });
  if (subject.mode === null)
    throw notPromotable(run.id, 'its envelope says promotion: none', 'submit it with --promotion auto');
}

const MAX_PATCH_BYTES = 2 ** 30;

/** Prints a patch as it is: for a program, never for a terminal, which what stands in it could do anything to. */
async function printPatch({ client, context }: Fleet, id: RunId): Promise<Status> {
  if (context.stdout.isTTY)
    throw new DrylaneError('bad-input', {
      field: '--patch',
      message: 'is bytes as they are, which are nothing for a terminal',
      mend: `pipe it: drylane apply ${id} --patch | git am`,
    });
  const call = { method: 'GET', path: `/v1/runs/${id}/patch`, accept: '*/*' } as const;
  for await (const part of await client.stream(call, { bytes: MAX_PATCH_BYTES, idleMs: IDLE_MS }))
    await writeBytes(context, part);
  return EXIT.ok;
}

function approvalNeeded(id: RunId): DrylaneError {
  return new DrylaneError('approval-needed', {
    field: id,
    message: 'a person has to agree before it lands',
    mend: `drylane approve ${id}`,
  });
}

function noWorkspace(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: '--workspace',
    message: 'is missing: a snapshot or a git tree lands where you have it',
    mend: 'name the directory: --workspace DIR; for a git tree also --patch',
  });
}

const notPromotable = (field: string, message: string, mend: string): DrylaneError =>
  new DrylaneError('not-promotable', { field, message, mend });
