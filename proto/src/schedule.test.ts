import { describe, expect, it } from 'vitest';
import { checkAs } from './document.ts';
import { ScheduleRequest } from './schedule.ts';

const envelope = { command: 'ls', working_dir: '/w', intent: { mode: 'read-only' } };

describe('a schedule', () => {
  it.each(['0 3 * * *', '*/5 * * * *', '0 9-17 * * MON-FRI', '15 2 1,15 * ?', '0 0 * * 5#2'])(
    'is at %s',
    (cron) => {
      expect(checkAs(ScheduleRequest, { cron, envelope }, 'bad-input')).toEqual({
        ...{ cron, envelope, timezone: 'UTC', promote: false },
      });
    },
  );

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '@daily',
    '0 3 * * *\n',
    '0  3 * * *',
    `${'*'.repeat(101)} * * * *`,
  ])('is not at "%s"', (cron) => {
    expect(ScheduleRequest.safeParse({ cron, envelope }).success).toBe(false);
  });

  it('has no key that would make its second time the first', () => {
    const keyed = { cron: '0 3 * * *', envelope: { ...envelope, idempotency_key: 'k' } };
    expect(() => checkAs(ScheduleRequest, keyed, 'bad-input')).toThrow('each time has a key of its own');
  });
});
