import type { Logger } from '../logger/logger.ts';

/** Looks whether something that the process needs is there; throws where it is not, and gives up when told to. */
export type Check = (signal: AbortSignal) => Promise<void>;

/** Whether a process should get work, and what it lacks. Names alone: a reason may tell a secret, and goes to the log. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly failing: readonly string[];
}

export interface Readiness {
  /** Runs every check; those who ask at the same time get one answer. */
  look(): Promise<ReadinessReport>;
  /** From now on the process is not ready, whatever the checks say. */
  drain(): void;
}

export interface ReadinessOptions {
  readonly checks: Readonly<Record<string, Check>>;
  readonly log: Logger;
  /** How long a check may take until it counts as failing, in milliseconds. */
  readonly patienceMs: number;
}

/** Makes the readiness of a process of its checks. The log tells when one of them begins to fail, and when it ends. */
export function createReadiness({ checks, log, patienceMs }: ReadinessOptions): Readiness {
  const hanging = new Set<string>();
  const failing = new Set<string>();
  let draining = false;
  let looking: Promise<void> | undefined;

  async function lookAt(name: string, check: Check): Promise<void> {
    // One that still hangs is not started again: whoever asks every second would pile them up.
    if (hanging.has(name)) return;
    hanging.add(name);
    const signal = AbortSignal.timeout(patienceMs);
    const run = (async () => check(signal))().finally(() => hanging.delete(name));
    try {
      await Promise.race([run, tooLate(signal)]);
      if (failing.delete(name)) log.info('a readiness check passes again', { check: name });
    } catch (fault) {
      if (!failing.has(name)) log.warn('a readiness check fails', { check: name, fault });
      failing.add(name);
    }
  }

  async function lookAtAll(): Promise<void> {
    await Promise.all(Object.entries(checks).map(([name, check]) => lookAt(name, check)));
  }

  return {
    async look() {
      if (!draining) {
        looking ??= lookAtAll().finally(() => {
          looking = undefined;
        });
        await looking;
      }
      const names = draining ? [] : Object.keys(checks).filter((name) => failing.has(name));
      return { ready: !draining && names.length === 0, draining, failing: names };
    },
    drain() {
      draining = true;
    },
  };
}

function tooLate(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
