import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { reconcile } from '@drylane/dispatcher/dispatch/line';
import type { RunId } from '@drylane/proto/ids';
import { openNotes } from '@drylane/worker/lanes/notes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyHere, type Foreign } from './applying.ts';
import { openDesk } from './desk.ts';
import { type Gate, type Moment, openGate } from './gate.fixture.ts';
import { recoverRuns } from './recovery.ts';
import { leftRuns } from './taken.ts';
import { landedIn, openTaking, type Taking } from './taking.fixture.ts';
import { type TakingDesk, tellTaken } from './taking.ts';

const DRYLANE = join(import.meta.dirname, '..', '..', 'bin', 'drylane.mjs');
const ROUNDS = Number(process.env.DRYLANE_PROMOTION_ROUNDS ?? 1);

let at: Taking;
let gate: Gate;
beforeEach(async () => {
  at = await openTaking();
  gate = await openGate(at.served.url);
});
afterEach(async () => {
  await gate[Symbol.asyncDispose]();
  await at[Symbol.asyncDispose]();
});

/** The dispatcher behind the gate. */
const desk = (name?: string): TakingDesk => at.desk(name, gate.url);
const apply = (foreign: Foreign, by = desk(), state = at.state) => applyHere(foreign, by, state, {});
const noted = (): readonly string[] => {
  const claims = join(at.state, 'claims');
  return existsSync(claims) ? readdirSync(claims) : [];
};

/** Starts the real command line. */
function start(...words: readonly string[]) {
  const { DRYLANE_TOKEN_FILE: _, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: '1', DRYLANE_URL: gate.url, DRYLANE_TOKEN: at.token() };
  const child = spawn(process.execPath, [DRYLANE, ...words, '--state', at.state], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
  return { child, closed: once(child, 'close').then(() => ({ status: child.exitCode, said })) };
}

/** Kills the command line at a moment of its landing. */
async function killedAt(run: RunId, moment: Moment, laterMs = 0): Promise<void> {
  const { child, closed } = start('apply', run, '--workspace', at.live);
  gate.at = (now) => {
    if (now !== moment) return true;
    if (laterMs === 0) child.kill('SIGKILL');
    else setTimeout(() => child.kill('SIGKILL'), laterMs);
    return laterMs > 0;
  };
  await closed;
  gate.at = () => true;
}

describe('a command line that is killed while a run of a fleet lands here', () => {
  it.each([
    ['before take', 'promotable', 'nothing', 'promotable'],
    ['after take', 'promoting', 'nothing', 'promotable'],
    ['before landed', 'promoting', 'all', 'promoted'],
    ['after landed', 'promoted', 'all', 'promoted'],
  ] as const)('%s leaves what the next one can tell', async (moment, between, files, end) => {
    const { run } = await at.run();
    await killedAt(run, moment);
    expect([await at.stateOf(run), landedIn(at.live)]).toEqual([between, files]);
    // One that names no fleet can tell nobody, and takes nothing away that it would be told by.
    await using local = await openDesk(at.state, {});
    await recoverRuns(local);
    expect(await leftRuns(at.state)).toEqual([{ run, fleet: gate.url }]);
    expect(await tellTaken(at.state, desk())).toMatchObject([{ run, isTold: true }]);
    expect([await at.stateOf(run), landedIn(at.live), noted()]).toEqual([end, files, []]);
    expect((await at.served.place.ledger.receiptOf(run)) !== undefined).toBe(end === 'promoted');
  });

  it('lands the run itself, where it is told to, once the dead one has been told of', async () => {
    const { run } = await at.run();
    await killedAt(run, 'after take');
    const { status, said } = await start('apply', run, '--workspace', at.live).closed;
    expect([status, said]).toEqual([0, expect.stringContaining('nothing landed: it may be tried again')]);
    expect([await at.stateOf(run), landedIn(at.live)]).toEqual(['promoted', 'all']);
  });

  it('at any other moment has all of it landed or nothing, and the fleet comes to know which', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { run } = await at.run();
      await killedAt(run, 'after take', 1 + Math.random() * 60);
      const { status, said } = await start('recover').closed;
      expect([status, said]).toEqual([0, expect.stringContaining(`${run}  had `)]);
      const state = await at.stateOf(run);
      expect([state, landedIn(at.live), noted()]).toEqual(
        state === 'promoted' ? ['promoted', 'all', []] : ['promotable', 'nothing', []],
      );
      at.restore();
    }
  });
});

describe('two who let the same run land at the same moment', () => {
  it('are one who does, whether they share what they keep or not', async () => {
    for (const states of [
      [at.state, at.state],
      [at.state, join(at.state, '..', 'other-state')],
    ]) {
      const foreign = await at.run();
      const places = [at.checkout(`one-${states[1]?.length}`), at.checkout(`two-${states[1]?.length}`)];
      const tried = await Promise.allSettled(
        places.map((directory, n) => apply({ ...foreign, directory }, desk(), states[n])),
      );
      expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(places.map(landedIn)).toEqual(
        tried.map(({ status }) => (status === 'fulfilled' ? 'all' : 'nothing')),
      );
      expect(await at.stateOf(foreign.run)).toBe('promoted');
    }
  });

  it('are not mistaken for a dead one by somebody who recovers meanwhile', async () => {
    const foreign = await at.run();
    let open = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow: TakingDesk = {
      ...desk(),
      take: async (...asked) => {
        await desk().take(...asked);
        await held;
      },
    };
    const landing = apply(foreign, slow);
    await expect.poll(() => at.stateOf(foreign.run)).toBe('promoting');
    expect(await tellTaken(at.state, desk())).toEqual([]);
    expect(await leftRuns(at.state)).toEqual([]);
    open();
    expect((await landing).promotion.result).toBe('promoted');
  });
});

describe('a fleet that is away', () => {
  const losing = (moment: Moment): void => {
    gate.at = (now) => now !== moment;
  };

  it.each(['before take', 'after take'] as const)(
    'for what is lost %s, nothing is touched, and it lands once the fleet is back',
    async (moment) => {
      const foreign = await at.run();
      losing(moment);
      await expect(apply(foreign)).rejects.toMatchObject({ code: 'unavailable' });
      expect([landedIn(at.live), noted()]).toEqual(['nothing', [`${foreign.run}.json`]]);
      gate.at = () => true;
      expect(await apply(foreign)).toMatchObject({ promotion: { result: 'promoted' }, isTold: true });
    },
  );

  it.each(['before landed', 'after landed'] as const)(
    'is told afterwards of what landed, where that was lost %s',
    async (moment) => {
      const foreign = await at.run();
      losing(moment);
      expect(await apply(foreign)).toMatchObject({ promotion: { result: 'promoted' }, isTold: false });
      gate.at = () => true;
      // It must not land again, and it is not asked for as if it had not.
      await expect(apply({ ...foreign, directory: at.checkout('again') })).rejects.toThrow(
        'has landed already',
      );
      expect([await at.stateOf(foreign.run), noted()]).toEqual(['promoted', []]);
    },
  );

  it('is told by whoever took the run, and keeps waiting where somebody else tries', async () => {
    const foreign = await at.run();
    losing('before landed');
    await apply(foreign);
    gate.at = () => true;
    expect(await tellTaken(at.state, desk('other'))).toMatchObject([{ run: foreign.run, isTold: false }]);
    await expect(apply(foreign, desk('other'))).rejects.toThrow('its fleet does not know yet');
    expect(await at.stateOf(foreign.run)).toBe('promoting');
    const elsewhere = { ...desk(), base: 'https://elsewhere.example', tell: async () => undefined };
    expect(await tellTaken(at.state, elsewhere)).toEqual([]);
    await expect(apply(foreign, elsewhere)).rejects.toThrow('its fleet does not know yet');
    expect(await tellTaken(at.state, desk())).toMatchObject([{ isTold: true }]);
    expect(await at.stateOf(foreign.run)).toBe('promoted');
  });

  it('is told that a run landed by its journal alone, where nothing else was noted, whoever recovers before', async () => {
    const foreign = await at.run();
    losing('before landed');
    await apply(foreign);
    gate.at = () => true;
    const notes = openNotes(at.state);
    for (const note of notes.all()) notes.write({ ...note, landed: null });
    await using local = await openDesk(at.state, {});
    expect(await recoverRuns(local)).toEqual([]);
    expect(await tellTaken(at.state, desk())).toMatchObject([{ landed: { result: 'ended' }, isTold: true }]);
    expect([await at.stateOf(foreign.run), landedIn(at.live)]).toEqual(['promoted', 'all']);
  });

  it('that gave the run up meanwhile is not told otherwise, and nobody asks for ever', async () => {
    const foreign = await at.run();
    losing('before landed');
    await apply(foreign);
    gate.at = () => true;
    await reconcile(at.served.place.fleet, Date.now() + 3_600_000);
    expect(await at.stateOf(foreign.run)).toBe('unknown');
    expect(await tellTaken(at.state, desk())).toMatchObject([{ isTold: true }]);
    expect([await at.stateOf(foreign.run), noted()]).toEqual(['unknown', []]);
  });
});
