import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '@drylane/dispatcher/ledger/event';
import type { Ledger } from '@drylane/dispatcher/ledger/ledger';
import type { PromotionMode } from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
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

  it.each(['apply', 'rerun'] as const)('tells of a run once, by whoever was quicker: %s', async (mode) => {
    const seen = await claimed(DEAD, mode);
    const [first, second] = await Promise.all([recoverRuns(slowly(seen)), recoverRuns(slowly(seen))]);
    expect([...first, ...second]).toMatchObject([{ result: mode === 'apply' ? 'rolled-back' : 'unknown' }]);
    const after = await desk.ledger.readRun(RUN);
    expect(await recoverRuns(slowly(seen))).toEqual([]);
    expect(await desk.ledger.readRun(RUN)).toEqual(after);
  });
});
