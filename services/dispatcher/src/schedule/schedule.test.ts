import { describe, expect, it } from 'vitest';
import { nextTime } from './schedule.ts';

const at = (text: string): number => Date.parse(text);

describe('the next time of a schedule', () => {
  it.each([
    ['0 3 * * *', 'UTC', '2026-11-30T02:59:59Z', '2026-11-30T03:00:00Z'],
    ['0 3 * * *', 'UTC', '2026-11-30T03:00:00Z', '2026-12-01T03:00:00Z'],
    ['*/15 * * * *', 'UTC', '2026-11-30T10:07:00Z', '2026-11-30T10:15:00Z'],
    ['0 3 * * *', 'Europe/Zurich', '2026-07-01T00:00:00Z', '2026-07-01T01:00:00Z'],
    ['0 9 * * MON', 'America/New_York', '2026-11-30T15:00:00Z', '2026-12-07T14:00:00Z'],
    // Clocks go from 2 to 3 on that night.
    ['30 2 * * *', 'Europe/Zurich', '2026-03-28T23:30:00Z', '2026-03-29T01:00:00Z'],
  ])('of %s in %s after %s is %s', (cron, zone, after, next) => {
    expect(new Date(nextTime(cron, zone, at(after)) ?? 0)).toEqual(new Date(next));
  });

  it('comes once on the night on which an hour comes twice', () => {
    const first = nextTime('30 2 * * *', 'Europe/Zurich', at('2026-10-24T22:00:00Z')) ?? 0;
    expect(nextTime('30 2 * * *', 'Europe/Zurich', first)).toBe(at('2026-10-26T01:30:00Z'));
  });

  it('is none where there is no such day', () => {
    expect(nextTime('0 0 31 2 *', 'UTC', 0)).toBeNull();
  });

  it.each([
    ['61 * * * *', 'UTC', 'cron'],
    ['* * * * nonsense', 'UTC', 'cron'],
    ['* * * * *', 'Mars/Olympus', 'timezone'],
  ])('refuses %s in %s, and names the %s', (cron, zone, field) => {
    expect(() => nextTime(cron, zone, 0)).toThrow(
      expect.objectContaining({ code: 'bad-input', problems: [expect.objectContaining({ field })] }),
    );
  });
});
