import { describe, expect, it } from 'vitest';
import { DrylaneError, ERROR_CODES, type ErrorCode } from './errors.ts';

const problem = { field: 'intent.mode', message: 'is missing', mend: 'add it' };

describe('an error of drylane', () => {
  it('keeps its code, its problems and its cause', () => {
    const cause = new Error('below');
    const error = new DrylaneError('bad-input', [problem, { ...problem, field: 'command' }], { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'DrylaneError', code: 'bad-input', cause });
    expect(error.message).toBe('intent.mode: is missing; command: is missing');
    expect(error.problems).toHaveLength(2);
  });

  it('takes one problem as well as a list', () => {
    expect(new DrylaneError('internal', problem).problems).toEqual([problem]);
  });

  it('says the title of its code when there is no problem to name', () => {
    expect(new DrylaneError('not-found', []).message).toBe('nothing is known by that name');
  });

  it.each(Object.entries(ERROR_CODES))(
    '%s exits with a status that contracts know',
    (code, { exit, title }) => {
      expect(code satisfies string as ErrorCode).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect([1, 2, 3, 11]).toContain(exit);
      expect(title).not.toBe('');
    },
  );
});
