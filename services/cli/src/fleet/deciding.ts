import type { Lane } from '@drylane/proto/approval';
import type { RunId } from '@drylane/proto/ids';
import type { Sheet } from '@drylane/proto/sheet';
import { colours, printJson, type Status } from '../context.ts';
import { notNow } from '../embedded/ended.ts';
import { EXIT } from '../exit.ts';
import { personAtTerminal } from '../person.ts';
import { agreed, nobodyThere, present } from '../presenting.ts';
import { coloursFor } from '../terminal.ts';
import { Heard, RunView } from './answers.ts';
import type { Client } from './client.ts';
import { readRun } from './follow.ts';
import { runToMove } from './naming.ts';
import { type Fleet, typed } from './open.ts';
import { patchesOf, presented, readSheet } from './sheets.ts';

/** `drylane approve` in a fleet: what is shown at the terminal is what the word is bound to. */
export async function approveAfar(fleet: Fleet, name: string, comment: string | null): Promise<Status> {
  const { client, context } = fleet;
  const id = runToMove(name);
  const run = await readRun(client, id);
  const lane = laneOf(run);
  if (lane === undefined || run.state === 'promotable') throw notNow(run);
  const sheet = await readSheet(client, id, lane);
  const patches = await patchesOf(client, sheet);
  using person = personAtTerminal();
  if (person === undefined) throw nobodyThere(id);
  present(person.output, presented(sheet, patches), coloursFor(person.output, context.env));
  if (!(await agreed(person.ask, id, doesOf(sheet)))) return EXIT.hold;
  const heard = await decide(client, id, { lane, decision: 'approve', comment, bound: sheet.bound });
  const next = typed(nextAfter(id, heard.missing, run, lane), fleet.url);
  context.stdout.write(`${id}  ${colours(context).green('approved')}; ${next}\n`);
  return EXIT.ok;
}

/** `drylane reject` in a fleet. */
export async function rejectAfar(
  { client, context }: Fleet,
  name: string,
  { comment, json }: { readonly comment: string | null; readonly json: boolean | undefined },
): Promise<Status> {
  const id = runToMove(name);
  const run = await readRun(client, id);
  const lane = laneOf(run);
  if (lane === undefined) throw notNow(run);
  const { bound } = await readSheet(client, id, lane);
  const { state } = await decide(client, id, { lane, decision: 'reject', comment, bound });
  if (json) printJson(context, { run_id: id, state });
  else context.stdout.write(`${id}  ${colours(context).red(state)}\n`);
  return EXIT.ok;
}

/** `drylane cancel`. */
export async function cancelAfar(
  { client, context }: Fleet,
  name: string,
  { json }: { readonly json?: boolean },
): Promise<Status> {
  const id = runToMove(name);
  const { state } = await client.ask(RunView, { method: 'POST', path: `/v1/runs/${id}/cancel` });
  if (json) printJson(context, { run_id: id, state });
  else context.stdout.write(`${id}  ${colours(context).red(state)}\n`);
  return EXIT.ok;
}

/** What a person can decide of a run that stands there; undefined where nothing. */
function laneOf({ state }: RunView): Lane | undefined {
  if (state === 'awaiting-rehearsal-approval') return 'rehearsal';
  return state === 'awaiting-live-approval' || state === 'promotable' ? 'live' : undefined;
}

interface Word {
  readonly lane: Lane;
  readonly decision: 'approve' | 'reject';
  readonly comment: string | null;
  readonly bound: string;
}

function decide(client: Client, id: RunId, word: Word) {
  return client.ask(Heard, { method: 'POST', path: `/v1/runs/${id}/approvals`, body: word });
}

function doesOf({ lane, subject }: Sheet): string {
  if (lane === 'rehearsal') return 'be rehearsed';
  return subject.mode === 'rerun' ? 'RUN FOR REAL' : 'land';
}

function nextAfter(id: RunId, missing: number, { promote }: RunView, lane: Lane): string {
  if (missing > 0) return missing === 1 ? 'one more has to approve' : `${missing} more have to approve`;
  if (lane === 'rehearsal') return 'it is rehearsed now';
  return promote ? 'it lands now' : `let it land: drylane apply ${id}`;
}
