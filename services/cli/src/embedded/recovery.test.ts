import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, NOTHING_KNOWN } from '@drylane/dispatcher/desk/ending';
import type { LedgerEvent, Run } from '@drylane/dispatcher/ledger/event';
import type { Ledger } from '@drylane/dispatcher/ledger/ledger';
import type { PromotionMode } from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
import { runId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { apply } from '@drylane/worker/promote/apply';
import { dir, file, Place } from '@drylane/worker/promote/apply.fixture';
import type { Disk } from '@drylane/worker/promote/disk';
import { faultyDisk } from '@drylane/worker/promote/faulty.fixture';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalDesk, openDesk } from './desk.ts';
import { keepRun, RUN } from './records.fixture.ts';
import { recoverRuns } from './recovery.ts';

const ALIVE = formatOwner(currentOwner());
/** No process has this number on Linux. */
const DEAD = formatOwner({ ...currentOwner(), pid: 2 ** 22 + 1 });

describe('recovery of promotions', () => {
  let state: string;
  let desk: LocalDesk;
  beforeEach(async () => {
    state = mkdtempSync(join(tmpdir(), 'drylane-recovery-'));
    await keepRun(state, null);
    desk = await openDesk(state, {});
    await desk.ledger.append(RUN, [{ type: 'moved', to: 'promotable', reason: null }], 1_700_000_000_001);
  });
  afterEach(async () => {
    await desk.close();
    rmSync(state, { recursive: true });
  });

  /** Claims the run for a process; the answer is what a recoverer reads that looks right after. */
  async function claimed(owner: string, mode: PromotionMode): Promise<readonly Run[]> {
    await desk.ledger.append(
      RUN,
      [
        { type: 'claimed', owner, mode, bound: digestOf('bound') },
        { type: 'moved', to: 'promoting', reason: null },
      ],
      Date.now(),
    );
    return desk.ledger.unsettled();
  }

  /** A recoverer that has read the ledger some time ago. */
  function slowly(seen: readonly Run[]): LocalDesk {
    const ledger = new Proxy(desk.ledger, {
      get: (target, name: keyof Ledger) =>
        name === 'unsettled' ? async () => seen : Reflect.get(target, name).bind(target),
    });
    return { ...desk, ledger };
  }

  it('leaves alone what a living process has claimed since, however slow it is', async () => {
    const seen = await claimed(DEAD, 'apply');
    expect(await recoverRuns(desk)).toMatchObject([{ result: 'rolled-back' }]);
    await claimed(ALIVE, 'apply');
    const before = await desk.ledger.readRun(RUN);
    expect(before.run).toMatchObject({ state: 'promoting', owner: ALIVE });
    expect(await recoverRuns(slowly(seen))).toEqual([]);
    expect(await desk.ledger.readRun(RUN)).toEqual(before);
  });

  it('does not pass over a run whose process may live in another container', async () => {
    await claimed(formatOwner({ ...currentOwner(), namespace: '1' }), 'apply');
    const before = await desk.ledger.readRun(RUN);
    expect(await recoverRuns(desk)).toMatchObject([
      { run_id: RUN, result: 'failed', reason: expect.any(String) },
    ]);
    expect(await desk.ledger.readRun(RUN)).toEqual(before);
  });

  describe('of files', () => {
    const NEW = { '': dir(), edit: file('new'), add: file('a') };
    let place: Place;
    beforeEach(() => {
      place = new Place({ '': dir(), edit: file('old') }, NEW);
    });
    afterEach(() => place[Symbol.dispose]());

    /** Applies as the run, until the first time that a call is made; what is left is as after a kill. */
    async function applyUntil(call: keyof Disk, nth: number, runId = RUN): Promise<void> {
      const { disk } = faultyDisk({ call, nth }, { kind: 'fail', code: 'EIO', lasting: true });
      const request = await place.request({ runId, stateDir: state });
      await apply(request, disk).catch(() => undefined);
    }
    const stage = (): string => join(place.live, `.drylane-${RUN}`);

    it('goes by their lock where the process was of another container', async () => {
      await claimed(formatOwner({ ...currentOwner(), namespace: '1' }), 'apply');
      await applyUntil('rename', 1);
      expect(await recoverRuns(desk)).toMatchObject([{ run_id: RUN, result: 'rolled-back' }]);
      expect((await desk.ledger.readRun(RUN)).run.state).toBe('promotable');
      expect(readFileSync(join(place.live, 'edit'), 'utf8')).toBe('old');
    });

    it('tells of a fleet’s run that was applied here, which no ledger of this machine knows, once', async () => {
      const foreign = runId(1_700_000_000_000, new Uint8Array(10).fill(1));
      await applyUntil('rename', 1, foreign);
      expect(await recoverRuns(desk)).toEqual([
        { run_id: foreign, result: 'rolled-back', conflicts: [], reason: null },
      ]);
      expect(readFileSync(join(place.live, 'edit'), 'utf8')).toBe('old');
      expect(await recoverRuns(desk)).toEqual([]);
    });

    it('are not held up by a note that nobody can read, and keep what its run is to be told by', async () => {
      const foreign = runId(1_700_000_000_000, new Uint8Array(10).fill(1));
      mkdirSync(join(state, 'claims'));
      writeFileSync(join(state, 'claims', `${foreign}.json`), '{');
      await applyUntil('rename', 1, foreign);
      expect(await recoverRuns(desk)).toEqual([]);
      expect(readFileSync(join(place.live, 'edit'), 'utf8')).toBe('old');
      expect(readdirSync(join(state, 'applies'))).toHaveLength(1);
    });

    /** Records the run as ended, as the process did that could not tidy up. */
    async function endedAs(result: 'promoted' | 'unknown'): Promise<void> {
      await claimed(ALIVE, 'apply');
      const promotion: Promotion = {
        ...{ mode: 'apply', result, merged: [], drifts: [], divergences: [], conflicts: [] },
        evidence_digest: null,
      };
      const events: LedgerEvent[] = [
        { type: 'settled', owner: ALIVE, mode: 'apply', result },
        { type: 'moved', to: result, reason: null },
      ];
      await end(desk, RUN, events, NOTHING_KNOWN, promotion);
    }

    it('are tidied up of a run that has ended', async () => {
      await applyUntil('rmdir', 1);
      await endedAs('promoted');
      expect(existsSync(stage())).toBe(true);
      expect(await recoverRuns(desk)).toEqual([]);
      expect(existsSync(stage())).toBe(false);
      expect(readdirSync(join(state, 'applies'))).toEqual([]);
      expect(readFileSync(join(place.live, 'edit'), 'utf8')).toBe('new');
    });

    it('are told of as long as a person has to look at them', async () => {
      await applyUntil('rename', 1);
      writeFileSync(join(place.live, 'add'), 'theirs');
      await endedAs('unknown');
      for (let i = 0; i < 2; i++)
        expect(await recoverRuns(desk)).toMatchObject([
          { run_id: RUN, result: 'unknown', conflicts: ['add', `.drylane-${RUN}`] },
        ]);
      rmSync(stage(), { recursive: true });
      await recoverRuns(desk);
      expect(await recoverRuns(desk)).toEqual([]);
    });
  });

  it.each(['apply', 'rerun'] as const)('tells of a run once, by whoever was quicker: %s', async (mode) => {
    const seen = await claimed(DEAD, mode);
    const [first, second] = await Promise.all([recoverRuns(slowly(seen)), recoverRuns(slowly(seen))]);
    expect([...first, ...second]).toMatchObject([{ result: mode === 'apply' ? 'rolled-back' : 'unknown' }]);
    const after = await desk.ledger.readRun(RUN);
    expect(await recoverRuns(slowly(seen))).toEqual([]);
    expect(await desk.ledger.readRun(RUN)).toEqual(after);
  });
});
