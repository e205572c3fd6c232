import { DrylaneError } from '@drylane/proto/errors';
import { Cron } from 'croner';

/**
 * When a schedule is next after a time, in milliseconds since 1970; null where it never is again. A time that comes twice
 * when clocks are set back counts once, and one that is skipped counts when the clocks have been set.
 * @throws DrylaneError `bad-input` for a pattern or a time zone that nobody knows.
 */
export function nextTime(cron: string, timezone: string, afterMs: number): number | null {
  checked('timezone', 'name one of the IANA database: Europe/Zurich', () =>
    new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions(),
  );
  return checked('cron', 'minute hour day month weekday: 0 3 * * *', () => {
    const next = new Cron(cron, { timezone, paused: true }).nextRun(new Date(afterMs));
    return next === null ? null : next.getTime();
  });
}

function checked<T>(field: string, mend: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new DrylaneError('bad-input', { field, message: 'is not one that is known', mend }, { cause });
  }
}
