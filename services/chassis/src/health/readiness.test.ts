import { describe, expect, it } from 'vitest';
import { createLogger } from '../logger/logger.ts';
import { createRedactor } from '../redact/redact.ts';
import { type Check, createReadiness } from './readiness.ts';

const PASS: Check = async () => {};
const FAIL: Check = async () => {
  throw new Error('refused by 10.0.0.7');
};

/** A readiness of some checks, and what it has written to the log. */
function readinessOf(checks: Readonly<Record<string, Check>>, patienceMs = 10_000) {
  const lines: { readonly level: string; readonly check: string }[] = [];
  const sink = { write: (line: string) => void lines.push(JSON.parse(line)), flush: async () => {} };
  const log = createLogger({ service: 'mill', level: 'debug', redactor: createRedactor([]), sink });
  return { readiness: createReadiness({ checks, log, patienceMs }), lines };
}

describe('readiness', () => {
  it('is there when every check passes, and when there is none', async () => {
    const none: Record<string, Check> = {};
    for (const checks of [none, { queue: PASS, ledger: PASS }])
      expect(await readinessOf(checks).readiness.look()).toEqual({
        ready: true,
        draining: false,
        failing: [],
      });
  });

  it('names the checks that do not pass, in their order, and no reason', async () => {
    const broken: Check = () => {
      throw new Error('before any promise');
    };
    const { readiness } = readinessOf({ queue: FAIL, ledger: PASS, blobs: broken });
    expect(await readiness.look()).toEqual({ ready: false, draining: false, failing: ['queue', 'blobs'] });
  });

  it('tells the log when a check begins to fail and when it ends, once each', async () => {
    let broken = true;
    const { readiness, lines } = readinessOf({
      queue: (signal) => (broken ? FAIL : PASS)(signal),
      ledger: PASS,
    });
    for (const now of [true, true, false, false, true]) {
      broken = now;
      expect((await readiness.look()).ready).toBe(!now);
    }
    expect(lines.map(({ level, check }) => [level, check])).toEqual([
      ['warn', 'queue'],
      ['info', 'queue'],
      ['warn', 'queue'],
    ]);
    expect(lines[0]).toMatchObject({ fault: { message: 'refused by 10.0.0.7' } });
  });

  it('counts a check that hangs as failing, tells it to give up, and starts no second one', async () => {
    const signals: AbortSignal[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const hang: Check = (signal) => {
      signals.push(signal);
      return promise;
    };
    const { readiness } = readinessOf({ queue: hang, ledger: PASS }, 20);
    for (let i = 0; i < 3; i++) expect((await readiness.look()).failing).toEqual(['queue']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    resolve();
    await expect.poll(async () => (await readiness.look()).ready).toBe(true);
    expect(signals).toHaveLength(2);
  });

  it('looks once for all who ask at the same time', async () => {
    let looks = 0;
    const { readiness } = readinessOf({ queue: async () => void looks++ });
    await Promise.all(Array.from({ length: 100 }, () => readiness.look()));
    expect(looks).toBe(1);
  });

  it('is gone while the process drains, and then nothing is looked at', async () => {
    let looks = 0;
    const { readiness } = readinessOf({ queue: async () => void looks++ });
    readiness.drain();
    expect(await readiness.look()).toEqual({ ready: false, draining: true, failing: [] });
    expect(looks).toBe(0);
  });
});
