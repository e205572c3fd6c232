import { describe, expect, it } from 'vitest';
import { createBell } from './bell.ts';

const NEVER = new AbortController().signal;
const LONG_MS = 60_000;

/** Whether somebody hears it ring, or only that time passes. */
async function rings(heard: (ms: number, signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const began = performance.now();
  await heard(50, NEVER);
  return performance.now() - began < 40;
}

describe('a bell', () => {
  it('wakes everybody who listens to a run, and nobody who listens to another', async () => {
    const bell = createBell();
    using one = bell.listen('a');
    using two = bell.listen('a');
    using other = bell.listen('b');
    const both = Promise.all([one.heard(LONG_MS, NEVER), two.heard(LONG_MS, NEVER)]);
    bell.ring('a');
    await both;
    expect(await rings(other.heard)).toBe(false);
  });

  it('is heard by whoever was busy when it rang, once', async () => {
    const bell = createBell();
    using ear = bell.listen('a');
    bell.ring('a');
    bell.ring('a');
    expect(await rings(ear.heard)).toBe(true);
    expect(await rings(ear.heard)).toBe(false);
  });

  it('keeps nobody who has gone', async () => {
    const bell = createBell();
    using ear = bell.listen('a');
    const going = new AbortController();
    const gone = ear.heard(LONG_MS, going.signal);
    going.abort();
    await gone;
    await ear.heard(LONG_MS, going.signal);
  });
});
