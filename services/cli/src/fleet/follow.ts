import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { isEnd, type RunState } from '@drylane/proto/lifecycle';
import { RunView, Sequences, Told } from './answers.ts';
import type { Client } from './client.ts';
import { framesOf } from './events.ts';
import { strange } from './problem.ts';

/** How a run is followed. */
export interface Following {
  /** Where to stop; it stops at an end in any case. */
  readonly until: (state: RunState) => boolean;
  readonly onMove: (state: RunState) => void;
  /** How long nothing may be heard, in milliseconds, before it is given up. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 3 * 60_000;
/** Between two connections, as long as the server does not say. */
const PAUSE = { first: 1000, least: 100, most: 10_000 } as const;
/** Of one connection: a server ends it long before. */
const STREAM = { bytes: 256 * 1024 ** 2, idleMs: 45_000 } as const;

/**
 * Follows a run until it stands where it is wanted, over as many connections as that takes: each goes on after the last
 * event of the one before.
 * @throws DrylaneError `unavailable` when nothing is heard for too long; the run goes on without anybody who watches.
 */
export async function followRun(client: Client, from: RunView, following: Following): Promise<RunView> {
  const { until, onMove, patienceMs = PATIENCE_MS } = following;
  const isThere = (state: RunState): boolean => until(state) || isEnd(state);
  if (isThere(from.state)) return from;
  // What was before is nobody's news; read before the run, so that nothing can happen in between unheard.
  const lastId = from.state === 'submitted' ? undefined : await lastEvent(client, from.id);
  const seen: Seen = { lastId, state: from.state, pauseMs: PAUSE.first, heardMs: Date.now() };
  for (let run = lastId === undefined ? from : await readRun(client, from.id); ; ) {
    if (isThere(run.state)) return run;
    try {
      await listen(client, run.id, seen, { onMove, isThere });
      // What an event said is asked for again: it is all that counts.
      run = await readRun(client, run.id);
      seen.heardMs = Date.now();
      if (run.state !== seen.state) onMove(run.state);
      seen.state = run.state;
    } catch (fault) {
      if (!isOutage(fault) || Date.now() - seen.heardMs > patienceMs) throw goesOn(client, run.id, fault);
    }
    if (!isThere(run.state)) await sleep(seen.pauseMs);
  }
}

/** What is known from one connection to the next. */
interface Seen {
  lastId: string | undefined;
  state: RunState;
  pauseMs: number;
  heardMs: number;
}

/** Listens to one connection, until it ends or tells of a state that is wanted. */
async function listen(
  client: Client,
  id: RunId,
  seen: Seen,
  { onMove, isThere }: Pick<Following, 'onMove'> & { readonly isThere: (state: RunState) => boolean },
): Promise<void> {
  const { lastId } = seen;
  const parts = await client.stream(
    {
      ...{ method: 'GET', path: `/v1/runs/${id}/events`, accept: 'text/event-stream' },
      ...(lastId !== undefined && { lastEventId: lastId }),
    },
    STREAM,
  );
  for await (const frame of framesOf(parts)) {
    if (frame.kind === 'retry') seen.pauseMs = Math.min(PAUSE.most, Math.max(PAUSE.least, frame.ms));
    if (frame.kind === 'alive') seen.heardMs = Date.now();
    if (frame.kind !== 'event' || frame.name === 'drain') continue;
    const state = stateIn(frame.data, client);
    if (frame.id !== undefined && /^\d{1,15}$/.test(frame.id)) seen.lastId = frame.id;
    seen.heardMs = Date.now();
    if (state === undefined || state === seen.state) continue;
    seen.state = state;
    onMove(state);
    if (isThere(state)) return;
  }
}

function stateIn(data: string, { host }: Client): RunState | undefined {
  let said: unknown;
  try {
    said = JSON.parse(data);
  } catch (cause) {
    throw strange(host, 'sent an event that is no JSON', cause);
  }
  const told = Told.safeParse(said);
  if (!told.success) throw strange(host, 'sent an event that is none', told.error);
  return told.data.event.to;
}

/** The number of the last thing that happened to a run. */
async function lastEvent(client: Client, id: RunId): Promise<string | undefined> {
  const events = await client.ask(Sequences, {
    ...{ method: 'GET', path: `/v1/runs/${id}/events`, query: { follow: 'false' } },
  });
  const last = events.at(-1)?.sequence;
  return last === undefined ? undefined : String(last);
}

/** Where a run stands. */
export function readRun(client: Client, id: RunId): Promise<RunView> {
  return client.ask(RunView, { method: 'GET', path: `/v1/runs/${id}` });
}

const isOutage = (fault: unknown): boolean => fault instanceof DrylaneError && fault.code === 'unavailable';

function goesOn({ host }: Client, id: RunId, fault: unknown): unknown {
  if (!(fault instanceof DrylaneError) || fault.code !== 'unavailable') return fault;
  const [first] = fault.problems;
  return new DrylaneError(
    'unavailable',
    {
      field: first?.field ?? host,
      message: first?.message ?? 'cannot be reached',
      mend: `the run goes on there; later: drylane show ${id}`,
    },
    { cause: fault },
  );
}
