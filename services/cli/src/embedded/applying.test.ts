import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type RunId, runId } from '@drylane/proto/ids';

import { dir, file, inPieces, Place } from '@drylane/worker/promote/apply.fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyHere, type Foreign } from './applying.ts';

const RUN: RunId = runId(1_700_000_000_000, new Uint8Array(10));

let place: Place;
beforeEach(() => {
  place = new Place({ '': dir(), edit: file('old') }, { '': dir(), edit: file('new'), add: file('a') });
});
afterEach(() => place[Symbol.dispose]());

/** What a fleet says of the run, with what another one would say in its place. */
async function foreign(more: Partial<Foreign> = {}): Promise<Foreign> {
  const { changeSet, digest, layer, bases } = await place.request();
  return {
    ...{ run: RUN, changeSet, digest, directory: place.live, merge: false },
    fetch: async (part) => (part === 'layer' ? layer() : (bases ?? layer)()),
    ...more,
  };
}
const edit = (): string => readFileSync(join(realpathSync(place.live), 'edit'), 'utf8');

describe('applying what a fleet rehearsed', () => {
  it('makes it so here, once', async () => {
    expect(await applyHere(await foreign(), place.state, {})).toMatchObject({ result: 'promoted' });
    expect([edit(), existsSync(join(place.live, 'add'))]).toEqual(['new', true]);
    expect(await applyHere(await foreign(), place.state, {})).toMatchObject({ result: 'drifted' });
  });

  it('touches nothing where other bytes come than the manifest names', async () => {
    const fetch = async () => inPieces(Buffer.from('another layer'));
    await expect(applyHere(await foreign({ fetch }), place.state, {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('other bytes came'),
    });
    const other = { digest: `sha256:${'0'.repeat(64)}` };
    await expect(applyHere(await foreign(other), place.state, {})).rejects.toThrow('other bytes came');
    expect(edit()).toBe('old');
  });

  it('keeps what it fetched out of where it lands', async () => {
    const inside = join(place.live, 'state');
    await expect(applyHere(await foreign(), inside, {})).rejects.toThrow('lie in one another');
    expect(existsSync(inside)).toBe(false);
  });
});
