import { closeAll } from './connect.ts';
import { readEvent, spawnFlags } from './fields.ts';
import type { Gap } from './gaps.ts';
import { handle, handleEnd, handleRefused } from './handle.ts';
import { type Joined, type Joiner, joinCalls } from './joiner.ts';
import { type Line, readLine, UNSEEN } from './line.ts';
import { splitLines } from './lines.ts';
import type { Outward } from './network.ts';
import { addKeeper } from './processes.ts';
import type { Watch } from './sightings.ts';
import { adopt, adoptDead, enterSpawn } from './spawn.ts';
import { freshState, type State, type TraceListener } from './state.ts';
import { endStep, endSteps } from './step.ts';
import { type Traced, tellTraced } from './traced.ts';
import { type Waiting, waitingLines } from './waiting.ts';

/** A trace that is being read. */
export interface Trace {
  push(chunk: Buffer): void;
  /** Everything since the last boundary was done in this step. */
  boundary(step: number): void;
  /** No more bytes will come. */
  end(): Traced;
}

interface Reading {
  readonly state: State;
  readonly joiner: Joiner;
  readonly waiting: Waiting;
}

/**
 * Reads the trace of one command as it comes; `shell` is what the shell is called where programs are named, and `outward`
 * knows where a gate of a live run leads.
 */
export function openTrace(
  watch: Watch,
  listener: TraceListener,
  shell = 'shell',
  outward: Outward = () => null,
): Trace {
  const state = freshState(watch, listener, shell, outward);
  const reading: Reading = { state, joiner: joinCalls(), waiting: waitingLines() };
  const gap = (name: Gap): unknown => state.gaps.add(name);
  const lines = splitLines({
    line: (line) => takeLine(reading, line),
    tooLong: () => gap('longLine'),
  });
  return {
    push: (chunk) => lines.push(chunk),
    boundary: (step) => {
      endStep(state.tree.steps, step);
      if (state.tree.shell !== null) state.tree.shell.step = state.tree.steps.current;
    },
    end: () => {
      if (!lines.atLineEnd()) gap('cutOff');
      buryWaiting(reading);
      if (state.shell === null) gap('noEnd');
      for (const process of new Set(state.tree.tasks.values())) closeAll(state.network, process);
      endSteps(state.tree.steps);
      if (state.network.attempts.leftOut > 0) gap('attempts');
      if (state.sightings.leftOut > 0) gap('sightings');
      return tellTraced(state);
    },
  };
}

/** Takes a line in, or lets it wait until it is known who made its process. */
function takeLine(reading: Reading, line: Buffer): void {
  const { state, waiting } = reading;
  const head = /^(\d{1,10}) +(\d{1,12}\.\d{6}) /.exec(line.toString('latin1', 0, 40));
  if (head === null) {
    state.gaps.add('line');
    return;
  }
  const pid = Number(head[1]);
  const atMs = Number(head[2]) * 1000;
  const { tree } = state;
  if (tree.keeper === null) addKeeper(tree, pid, atMs);
  else if (!tree.tasks.has(pid) && !adopt(state, pid, atMs)) {
    if (!waiting.add(pid, line)) state.gaps.add('tooMany');
    return;
  } else if (waiting.has(pid)) release(reading, pid);
  takeJoined(reading, reading.joiner.read(line));
}

function takeJoined(reading: Reading, joined: Joined): void {
  const { state } = reading;
  switch (joined.kind) {
    case 'gap':
      state.gaps.add('line');
      break;
    case 'signal':
      if (joined.refused !== null) handleRefused(state, joined.pid, joined.refused);
      break;
    case 'exited':
      handleEnd(state, joined.pid, { status: joined.status }, joined.atMs);
      break;
    case 'killed':
      handleEnd(state, joined.pid, { signal: joined.signal }, joined.atMs);
      break;
    case 'superseded':
      state.tree.tasks.delete(joined.by);
      break;
    case 'unfinished':
      takeEntered(reading, joined);
      break;
    case 'call':
      takeCall(reading, joined);
      break;
    default:
      joined satisfies never;
  }
}

function takeEntered({ state }: Reading, { pid, name, text }: Extract<Joined, { kind: 'unfinished' }>): void {
  const flags = spawnFlags(name, text.toString('latin1', 0, 1024));
  const process = state.tree.tasks.get(pid);
  if (flags !== undefined && process !== undefined) enterSpawn(state, pid, process, flags);
}

function takeCall(reading: Reading, call: Extract<Joined, { kind: 'call' }>): void {
  const { pid, atMs, name, items, result } = call;
  const { state } = reading;
  if (call.missed) state.gaps.add('lost');
  const process = state.tree.tasks.get(pid);
  const event = readEvent(name, items, result);
  const unseen = name === UNSEEN && result.value !== null;
  if (unseen || event === undefined || process === undefined) {
    state.gaps.add('line');
    return;
  }
  handle(state, pid, process, event, atMs);
  const made = event.kind === 'spawn' ? event.result.value : null;
  if (made !== null && made > 0) release(reading, made);
}

/** Takes in the lines of a process that waited for its maker. */
function release(reading: Reading, pid: number): void {
  for (const line of reading.waiting.take(pid)) takeLine(reading, line);
}

/** Takes in what still waits at the end: processes that were killed together with their makers, before they did anything. */
function buryWaiting(reading: Reading): void {
  const { state, waiting } = reading;
  for (const pid of waiting.pids()) {
    const lines = waiting.take(pid);
    const said = lines.map(readLine);
    const last = said.at(-1);
    const onlyDied = last?.kind === 'killed' && said.slice(0, -1).every(isIdle);
    if (onlyDied && adoptDead(state, pid, last.atMs)) for (const line of lines) takeLine(reading, line);
    else state.gaps.add('parent');
  }
}

function isIdle(line: Line | undefined): boolean {
  return (
    (line?.kind === 'signal' && line.refused === null) ||
    (line?.kind === 'unfinished' && line.name === UNSEEN)
  );
}
