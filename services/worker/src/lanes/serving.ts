import type { Part } from '@drylane/chassis/shutdown/shutdown';
import type { Serving } from '@drylane/chassis/transport/transport';

/**
 * How work on queues ends: nothing new is taken, what runs is waited for, and when the time for that is over it is given
 * up, which still is an end that is waited for.
 */
export function servingPart(name: string, servings: readonly Serving[], giveUp: AbortController): Part {
  return {
    name,
    async drain(signal) {
      const over = (): void => giveUp.abort(new Error('this worker ends before the work did'));
      if (signal.aborted) over();
      signal.addEventListener('abort', over, { once: true });
      await Promise.all(servings.map((serving) => serving.close()));
      signal.removeEventListener('abort', over);
    },
  };
}
