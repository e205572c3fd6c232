import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { inPieces } from '@drylane/worker/promote/apply.fixture';
import { lockDirectory } from '@drylane/worker/promote/lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyHere, type Change, type Foreign } from './applying.ts';
import { landedIn, openTaking, type Taking } from './taking.fixture.ts';

let at: Taking;
beforeEach(async () => {
  at = await openTaking();
});
afterEach(() => at[Symbol.asyncDispose]());

const apply = (foreign: Foreign, state = at.state) => applyHere(foreign, at.desk(), state, {});

describe('applying what a fleet rehearsed', () => {
  it('makes it so here, once, and the fleet knows', async () => {
    const foreign = await at.run();
    expect(await apply(foreign)).toMatchObject({ promotion: { result: 'promoted' }, isTold: true });
    expect([landedIn(at.live), await at.stateOf(foreign.run)]).toEqual(['all', 'promoted']);
    const elsewhere = at.checkout('elsewhere');
    await expect(apply({ ...foreign, directory: elsewhere })).rejects.toThrow('has landed already');
    expect(landedIn(elsewhere)).toBe('nothing');
  });

  it('is over where something had changed', async () => {
    const first = await at.run();
    await apply(first);
    const second = await at.run();
    expect(await apply(second)).toMatchObject({ promotion: { result: 'drifted' }, isTold: true });
    expect(await at.stateOf(second.run)).toBe('drifted');
  });

  it('is taken and told of, too, where nothing was changed', async () => {
    const foreign = await at.run({ change: null });
    expect((await apply(foreign)).promotion).toMatchObject({ result: 'promoted' });
    expect([landedIn(at.live), await at.stateOf(foreign.run)]).toEqual(['nothing', 'promoted']);
  });

  it('touches nothing, and takes nothing, where other bytes come than the manifest names', async () => {
    const foreign = await at.run();
    const others: Partial<Change>[] = [
      { fetch: async () => inPieces(Buffer.from('another layer')) },
      { digest: `sha256:${'0'.repeat(64)}` },
    ];
    for (const other of others) {
      const change = foreign.change && { ...foreign.change, ...other };
      await expect(apply({ ...foreign, change })).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('other bytes came'),
      });
    }
    expect([landedIn(at.live), await at.stateOf(foreign.run)]).toEqual(['nothing', 'promotable']);
  });

  it('gives it back where it cannot land, and it lands the next time', async () => {
    const foreign = await at.run();
    const fd = openSync(at.live, 'r');
    await lockDirectory(fd, at.live);
    await expect(apply(foreign)).rejects.toThrow('another promotion is at work there');
    expect([landedIn(at.live), await at.stateOf(foreign.run)]).toEqual(['nothing', 'promotable']);
    closeSync(fd);
    expect((await apply(foreign)).promotion.result).toBe('promoted');
  });

  it('keeps what it fetched out of where it lands', async () => {
    const inside = join(at.live, 'state');
    const foreign = await at.run();
    await expect(apply(foreign, inside)).rejects.toThrow('lie in one another');
    expect(existsSync(inside)).toBe(false);
  });
});
