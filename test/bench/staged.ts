import { setTimeout as sleep } from 'node:timers/promises';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import type { Engine } from '@drylane/worker/sandbox/engine';
import type { Sandbox } from '@drylane/worker/sandbox/sandbox';
import { slot } from '@drylane/worker/sandbox/slot';
import { rehearsingIn } from '../sandbox/rehearsing.ts';

/** A sandbox, and how long each part of its rehearsals took, in milliseconds. */
export interface Staged extends AsyncDisposable {
  /** Rehearses to its evidence, and answers how long that took; the sandbox is taken away meanwhile. */
  rehearse(command: string, site: string, limits?: object): Promise<number>;
  /** Waits until so many slots are ready, and nothing is being taken away. */
  rested(ready: number): Promise<void>;
  readonly stages: ReadonlyMap<string, number[]>;
}

const PATIENCE_MS = 60_000;

/** Opens a sandbox that keeps so many slots; 0: every container is made when it is asked for. */
export function openStaged(engine: Engine, stateDir: string, slots: number): Staged {
  let ready = 0;
  const leaving = new Set<Promise<void>>();
  const stages = new Map<string, number[]>();
  const warm = {
    ...{ perKey: slots, most: slots * 2, idleMs: 600_000, quietBelow: 1 },
    told(event: { readonly event: string; readonly ready?: number; readonly cause?: unknown }) {
      if (event.event === 'fault') throw event.cause;
      ready = event.ready ?? ready;
    },
  };
  const real = dockerSandbox({ engine, stateDir, giver: slot, ...(slots > 0 && { warm }) });
  const sandbox = noting(real, (stage, ms) => stages.set(stage, [...(stages.get(stage) ?? []), ms]));
  return {
    stages,
    async rehearse(command, site, limits = {}) {
      const startedAt = performance.now();
      const gone = (taken: Promise<void>): void => {
        const one: Promise<void> = taken.finally(() => leaving.delete(one));
        leaving.add(one);
      };
      const { evidence } = await rehearsingIn(sandbox, command, { site, limits, leaving: gone });
      if (!evidence.complete) throw new Error('a rehearsal in the bench was not complete');
      return performance.now() - startedAt;
    },
    async rested(least) {
      await Promise.all(leaving);
      for (const startedAt = performance.now(); ready < least; await sleep(2))
        if (performance.now() > startedAt + PATIENCE_MS) throw new Error('no slot in the bench is ready');
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(leaving);
      await sandbox.close();
    },
  };
}

/** The same sandbox, with a note of each part of what it does. */
function noting(sandbox: Sandbox, note: (stage: string, ms: number) => void): Sandbox {
  const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      note(stage, performance.now() - startedAt);
    }
  };
  return {
    close: () => sandbox.close(),
    async prepare(spec) {
      const prepared = await timed('prepare', () => sandbox.prepare(spec));
      return {
        ...prepared,
        async run(listener, signal) {
          const startedAt = performance.now();
          const outcome = await prepared.run(listener, signal);
          note('begin', outcome.startedAtMs - startedAt);
          note('command', outcome.endedAtMs - outcome.startedAtMs);
          note('end', performance.now() - outcome.endedAtMs);
          return outcome;
        },
        outside: (rules, watch) => timed('outside', () => prepared.outside(rules, watch)),
      };
    },
  };
}
