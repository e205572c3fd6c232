import { inject, inSpan } from '@drylane/chassis/tracing/tracing';
import type { Trace } from '@drylane/chassis/transport/transport';
import type { Lane } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { NOTHING_TOLD } from '@drylane/proto/promotion';
import { openDossier } from '../desk/dossier.ts';
import { end, endRun, NOTHING_KNOWN } from '../desk/ending.ts';
import type { Run } from '../ledger/event.ts';
import type { OldestQuery } from '../ledger/ledger.ts';
import type { Fleet } from './fleet.ts';
import { promotionFlow, promotionId, rehearsalFlow } from './flows.ts';
import { landsFrom, promotionTask } from './landing.ts';
import { fairShares, roomBeyond } from './share.ts';

/** How many runs are looked at in one go. */
const PAGE = 100;

/** Moves runs from the line into the queue, as many as there is room for, fairly between tenants. */
export async function advanceLine(fleet: Fleet): Promise<void> {
  const { ledger } = fleet.desk;
  const { window } = fleet.limits;
  const working = await ledger.countByTenant('rehearsing');
  const busy = [...working.values()].reduce((sum, number) => sum + number, 0);
  // Nobody looks at who waits while nobody can be let in, nor at more of one tenant than could be.
  const most = Math.max(1, window - busy);
  const waiting =
    roomBeyond(busy, window) > 0 ? await ledger.countByTenant('submitted', most) : new Map<string, number>();
  for (const { tenant, take, rank } of fairShares({ waiting, working }, window)) {
    const runs = await ledger.oldest({ tenant, state: 'submitted', limit: take });
    for (const [index, run] of runs.entries())
      await handle(fleet, run, () => begin(fleet, run, rank + index));
  }
  for await (const run of runsIn(fleet, { state: 'promotable', promote: true }))
    await handle(fleet, run, () => land(fleet, run));
}

/** All runs in a state, the oldest first, however many there are. */
async function* runsIn(
  { desk }: Fleet,
  query: Pick<OldestQuery, 'state' | 'promote'>,
): AsyncGenerator<Run, void, void> {
  for (let after: RunId | undefined; ; ) {
    const from = after === undefined ? {} : { after };
    const page = await desk.ledger.oldest({ ...query, ...from, tenant: null, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = RunId.parse(last.id);
  }
}

/**
 * Does something with a run. Another replica may be quicker, and the ledger lets one. What fails with one run holds up no
 * other, unless it would fail with each of them.
 */
async function handle(fleet: Fleet, run: Run, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (fault) {
    const code = fault instanceof DrylaneError ? fault.code : undefined;
    if (code === 'unavailable' || code === 'machine-unfit') throw fault;
    if (code !== 'illegal-transition') fleet.stuck(run, fault);
  }
}

/** Takes a run out of the line. */
async function begin(fleet: Fleet, run: Run, rank: number): Promise<void> {
  const moved = { type: 'moved', to: 'rehearsing', reason: null } as const;
  await fleet.desk.ledger.append(RunId.parse(run.id), [moved], Date.now());
  await queue(fleet, run, rank);
}

async function queue({ transport }: Fleet, run: Run, rank: number): Promise<void> {
  const { task_digest: task } = run;
  if (task === null) return;
  await inTrace(run, 'rehearsal', (trace) => transport.submit(rehearsalFlow(run, task, rank, trace)));
}

/** Does what brings a run into the queue as part of its trace, wherever that began and however often it is done again. */
function inTrace(run: Run, lane: Lane, act: (trace: Trace) => Promise<void>): Promise<void> {
  const from = run.trace === null ? {} : { traceparent: run.trace };
  return inSpan('queue', { run: run.id, lane }, () => act(inject()), { from, kind: 'producer' });
}

async function land(fleet: Fleet, run: Run): Promise<void> {
  if (Date.now() < landsFrom(run) || (await fleet.transport.has(promotionId(run)))) return;
  const landable = await promotionTask(fleet, run);
  if (landable === undefined) return;
  await inTrace(run, 'live', (trace) => fleet.transport.submit(promotionFlow(run, landable, trace)));
}

/**
 * Makes the queue again from the ledger: whatever is under way there and that no queue knows was lost with a queue, or
 * never came to it. What has been under way for longer than anything may take is given up.
 */
export async function reconcile(fleet: Fleet, nowMs: number): Promise<void> {
  const { limits, transport } = fleet;
  const isGivenUp = ({ updated_ms }: Run): boolean => nowMs - updated_ms > limits.givenUpMs;
  for await (const run of runsIn(fleet, { state: 'rehearsing' }))
    await handle(fleet, run, async () => {
      if (isGivenUp(run)) await giveUpRehearsal(fleet, run);
      else if (!(await transport.has(run.id))) await queue(fleet, run, 0);
    });
  // Its worker says what became of it by itself; where it does not, nobody knows.
  for await (const run of runsIn(fleet, { state: 'promoting' }))
    if (isGivenUp(run)) await handle(fleet, run, () => giveUpLanding(fleet, run));
}

const SILENCE = 'nobody said what became of it in time';

async function giveUpRehearsal({ desk }: Fleet, run: Run): Promise<void> {
  const moved = { type: 'moved', to: 'inconclusive', reason: SILENCE } as const;
  await end(desk, RunId.parse(run.id), [moved], NOTHING_KNOWN);
}

async function giveUpLanding({ desk }: Fleet, { id, promotion_mode: mode }: Run): Promise<void> {
  const moved = { type: 'moved', to: 'unknown', reason: SILENCE } as const;
  const promotion = mode === null ? null : { ...NOTHING_TOLD, mode, result: 'unknown' as const };
  const name = RunId.parse(id);
  const dossier = await openDossier(desk, name).catch((fault: unknown) => {
    // What was kept of it is gone or another: it ends all the same, with a receipt of what the ledger knows.
    if (fault instanceof DrylaneError && (fault.code === 'not-found' || fault.code === 'internal'))
      return null;
    throw fault;
  });
  if (dossier === null) await end(desk, name, [moved], NOTHING_KNOWN, promotion);
  else await endRun(desk, dossier, [moved], { approvals: dossier.approvals, promotion });
}
