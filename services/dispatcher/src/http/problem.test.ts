import { DrylaneError, ERROR_CODES, type ErrorCode } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './faults.ts';
import { detailsOf, PROBLEM_CODES, ProblemDetails, refusal, retryAfterOf, STATUSES } from './problem.ts';

const problem = { field: 'command', message: 'is blank', mend: 'write one' };

describe('problem details', () => {
  it.each(PROBLEM_CODES)('of %s are as their schema says', (code) => {
    const details = detailsOf({ code, problems: [problem] }, 'r1', (text) => text);
    expect(ProblemDetails.parse(details)).toEqual(details);
    expect(details.status).toBe(STATUSES[code]);
    // What went wrong on our side is told to nobody.
    expect(details.problems).toEqual(details.status < 500 ? [problem] : []);
  });

  it('exist for every code that drylane throws', () => {
    for (const code of Object.keys(ERROR_CODES)) expect(PROBLEM_CODES).toContain(code);
  });

  it('are cleaned, part by part', () => {
    const { problems } = detailsOf(refusal('bad-input', 'a', 'b', 'c'), 'r1', (text) => `<${text}>`);
    expect(problems).toEqual([{ field: '<a>', message: '<b>', mend: '<c>' }]);
  });
});

describe('when to ask again', () => {
  it('is said where it helps', () => {
    const after = (code: ErrorCode | 'conflict', retryAfterS?: number) =>
      retryAfterOf({ code, problems: [], ...(retryAfterS !== undefined && { retryAfterS }) });
    expect([after('unavailable'), after('machine-unfit'), after('unavailable', 9)]).toEqual([5, 5, 9]);
    expect([after('conflict'), after('bad-input'), after('internal')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a fault', () => {
  it('of ours keeps its code and its problems', () => {
    expect(refusalOf(new DrylaneError('not-promotable', problem))).toEqual({
      ...{ code: 'not-promotable', problems: [problem] },
    });
  });

  it.each([
    [new Error('boom')],
    [Object.assign(new Error('boom'), { code: 'constructor' })],
    [Object.assign(new Error('boom'), { statusCode: 418 })],
    ['text'],
    [undefined],
  ])('of anybody else is internal, and says nothing', (fault) => {
    expect(refusalOf(fault)).toEqual({ code: 'internal', problems: [] });
  });
});
