import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, Limits, limitValues } from './limits.ts';
import { bytes, Duration, milliseconds, Size } from './quantities.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['999999999h', 999_999_999 * 3_600_000],
  ])('%s is %i milliseconds', (text, ms) => {
    expect(milliseconds(Duration.parse(text))).toBe(ms);
  });

  it.each([
    '',
    '0s',
    '60',
    's',
    '-1s',
    '1.5s',
    '1e3s',
    '01s',
    ' 1s',
    '1s ',
    '1s\n',
    '1S',
    '1d',
    '9999999999s',
    60,
  ])('is not %j', (text) => {
    expect(Duration.safeParse(text).success).toBe(false);
  });
});

describe('a size', () => {
  it.each([
    ['1', 1],
    ['64Ki', 65_536],
    ['512Mi', 536_870_912],
    ['4Gi', 4_294_967_296],
  ])('%s is %i bytes', (text, size) => {
    expect(bytes(Size.parse(text))).toBe(size);
  });

  it.each(['', '0', '0Ki', '1K', '1k', '1KB', '1GB', '1.5Gi', '-1', '1 Gi', '1Gi\n', '0x10', 512])(
    'is not %j',
    (text) => {
      expect(Size.safeParse(text).success).toBe(false);
    },
  );
});

describe('a quantity that is accepted', () => {
  it('is a positive finite number', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9][0-9]{0,8}(ms|s|m|h)$/), (text) => {
        expect(milliseconds(text)).toBeGreaterThan(0);
        expect(Number.isSafeInteger(milliseconds(text))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9][0-9]{0,11}(Ki|Mi|Gi)?$/), (text) => {
        expect(bytes(text)).toBeGreaterThan(0);
        expect(Number.isFinite(bytes(text))).toBe(true);
      }),
    );
  });
});

describe('limits in numbers', () => {
  it('come from the defaults where nothing is said', () => {
    expect(limitValues({})).toEqual(limitValues(DEFAULT_LIMITS));
    expect(limitValues({ timeout: '1s', cpus: 0.5 })).toEqual({
      timeoutMs: 1000,
      memoryBytes: 512 * 2 ** 20,
      cpus: 0.5,
      pids: 256,
      diskBytes: 256 * 2 ** 20,
      outputBytes: 2 ** 20,
    });
  });

  it('are not undone by a field that is there and undefined', () => {
    expect(limitValues({ timeout: undefined, cpus: undefined })).toEqual(limitValues({}));
  });

  it('have defaults that are limits themselves', () => {
    expect(Limits.parse(DEFAULT_LIMITS)).toEqual(DEFAULT_LIMITS);
  });
});
