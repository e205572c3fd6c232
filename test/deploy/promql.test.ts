import { describe, expect, it } from 'vitest';
import { meets, readQuery } from './promql.ts';

describe('readQuery', () => {
  it('finds what is read, on which conditions, and by what it is grouped', () => {
    const query = readQuery(
      'sum by (lane) (rate(a_total{lane!="live", le=~"1|2"}[5m])) / on (lane) l:b:max > 0',
    );
    expect(query).toEqual({
      selectors: [
        {
          name: 'a_total',
          matchers: [
            { label: 'lane', op: '!=', value: 'live' },
            { label: 'le', op: '=~', value: '1|2' },
          ],
        },
        { name: 'l:b:max', matchers: [] },
      ],
      groups: ['lane', 'lane'],
    });
  });

  it.each(['sum by (job) (up{', 'up ==', 'rate(up[5q])', ''])('finds the fault in %j', (text) => {
    expect(() => readQuery(text)).toThrow(/no query/);
  });
});

describe('meets', () => {
  it.each([
    ['30', '=~', '30|30[.]0', true],
    ['300', '=~', '30|30[.]0', false],
    ['live', '!~', 'li.*', false],
    ['live', '=', 'live', true],
    ['live', '!=', 'live', false],
  ])('says of %j %s %j: %s', (value, op, wanted, answer) => {
    expect(meets(value, { label: 'x', op, value: wanted })).toBe(answer);
  });
});
