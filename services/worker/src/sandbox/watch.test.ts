import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { stopper } from './watch.ts';

/** A container that counts how often it is killed; it is the engine's, not ours. */
function target() {
  const kills: string[] = [];
  const container = {
    kill: async ({ signal }: { signal: string }) => {
      kills.push(signal);
    },
  } as unknown as Docker.Container;
  return { kills, container };
}

describe('a stopper', () => {
  it('kills once it was given its moment, and remembers the first reason', async () => {
    const { kills, container } = target();
    const order: string[] = [];
    const stop = stopper(container, async () => {
      order.push(`before, ${kills.length} kills`);
    });
    stop.now('disk');
    stop.now('timeout');
    await sleep(50);
    stop.rest();
    expect(order).toEqual(['before, 0 kills']);
    expect(kills).toEqual(['SIGKILL']);
    expect(stop.reason).toBe('disk');
  });

  it('does nothing more once it rests, also when it was still waiting to kill', async () => {
    const { kills, container } = target();
    const gate = Promise.withResolvers<void>();
    const stop = stopper(container, () => gate.promise);
    stop.now('leftovers');
    stop.rest();
    gate.resolve();
    await sleep(50);
    expect(kills).toEqual([]);
  });

  it('sets no timer once it rests', async () => {
    const { kills, container } = target();
    const stop = stopper(container, async () => undefined);
    stop.rest();
    stop.after(0, 'timeout');
    await sleep(50);
    expect([stop.reason, kills]).toEqual([null, []]);
  });
});
