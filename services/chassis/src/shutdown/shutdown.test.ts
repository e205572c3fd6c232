import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Part, shutDown } from './shutdown.ts';

const SOON = { settleMs: 0, graceMs: 15, closeMs: 15 };
const PATIENT = { settleMs: 0, graceMs: 20_000, closeMs: 20_000 };
const never = (): Promise<void> => new Promise(() => {});
const fault = new Error('no such socket');

/** What one phase of a part may do. */
const BEHAVIOURS: Readonly<Record<string, () => Promise<void>>> = {
  ends: async () => {},
  throws: () => {
    throw fault;
  },
  rejects: async () => {
    throw fault;
  },
  hangs: never,
};
type Behaviour = keyof typeof BEHAVIOURS;

describe('a shutdown', () => {
  it('drains all parts at once, then closes them one by one, the last first', async () => {
    const done: string[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    let draining = 0;
    const parts = ['ledger', 'queue', 'server'].map(
      (name): Part => ({
        name,
        drain: async () => {
          done.push(`drain ${name}`);
          if (++draining === 3) resolve();
          await all;
        },
        close: async () => {
          done.push(`close ${name}`);
          await new Promise((next) => setImmediate(next));
          done.push(`closed ${name}`);
        },
      }),
    );
    expect(await shutDown(parts, PATIENT)).toEqual([]);
    expect(done).toEqual([
      ...['drain ledger', 'drain queue', 'drain server'],
      ...['close server', 'closed server', 'close queue', 'closed queue', 'close ledger', 'closed ledger'],
    ]);
  });

  it('tells those that still drain when the grace period is over, lets them tidy up, and says that they were late', async () => {
    let tidied = false;
    const drain = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          tidied = true;
          resolve();
        });
      });
    const shortfalls = await shutDown([{ name: 'worker', drain }, { name: 'queue' }], {
      ...PATIENT,
      graceMs: 15,
    });
    expect(tidied).toBe(true);
    expect(shortfalls).toEqual([{ part: 'worker', phase: 'drain', why: 'late' }]);
  });

  it('does not cut off parts that drain in time', async () => {
    let given: AbortSignal | undefined;
    const drain = async (signal: AbortSignal): Promise<void> => {
      given = signal;
    };
    await shutDown([{ name: 'worker', drain }], SOON);
    await new Promise((next) => setTimeout(next, 3 * SOON.graceMs));
    expect(given?.aborted).toBe(false);
  });

  it('gives every part its turn, whatever the others do, and says what did not go well', async () => {
    const behaviour = fc.constantFrom<Behaviour>(...Object.keys(BEHAVIOURS));
    const phases = fc.record({
      drain: fc.option(behaviour, { nil: undefined }),
      close: fc.option(behaviour, { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(phases, { maxLength: 5 }), async (plan) => {
        const begun: string[] = [];
        const phase = (name: string, how: Behaviour | undefined) =>
          how === undefined
            ? {}
            : {
                [name.split(' ')[0] ?? '']: () => {
                  begun.push(name);
                  return BEHAVIOURS[how]?.() ?? never();
                },
              };
        const parts = plan.map(
          ({ drain, close }, i): Part => ({
            name: `${i}`,
            ...phase(`drain ${i}`, drain),
            ...phase(`close ${i}`, close),
          }),
        );
        const shortfalls = await shutDown(parts, SOON);
        const has = (which: 'drain' | 'close') =>
          plan.flatMap((p, i) => (p[which] === undefined ? [] : [`${which} ${i}`]));
        expect(begun).toEqual([...has('drain'), ...has('close').reverse()]);
        const wrong = plan.flatMap((p, i) =>
          (['drain', 'close'] as const).flatMap((which) =>
            p[which] === undefined || p[which] === 'ends'
              ? []
              : [`${which} ${i} ${p[which] === 'hangs' ? 'late' : 'fault'}`],
          ),
        );
        expect(shortfalls.map((s) => `${s.phase} ${s.part} ${s.why}`).sort()).toEqual(wrong.sort());
        for (const shortfall of shortfalls)
          if (shortfall.why === 'fault') expect(shortfall.fault).toBe(fault);
      }),
      { numRuns: 30 },
    );
  });
});
