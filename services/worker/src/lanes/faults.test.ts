import { createRedactor } from '@drylane/chassis/redact/redact';
import { DrylaneError, ERROR_CODES, type ErrorCode } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { isWorkersFault, reasonFor } from './faults.ts';

const fault = (code: ErrorCode, message = 'm') => new DrylaneError(code, { field: 'f', message, mend: '' });

describe('a fault', () => {
  it('is the worker’s own where another worker might not have it', () => {
    const codes = Object.keys(ERROR_CODES) as ErrorCode[];
    const own = codes.filter((code) => isWorkersFault(fault(code)));
    expect(own.sort()).toEqual(['internal', 'machine-unfit', 'unavailable']);
    expect(isWorkersFault(new TypeError('x'))).toBe(true);
    expect(isWorkersFault('words')).toBe(true);
  });

  it('is told of in words without secrets, control characters and length', () => {
    const redactor = createRedactor([{ name: 'TOKEN', value: 'hunter2-hunter2' }]);
    expect(reasonFor(fault('bad-input', 'hunter2-hunter2\u001b[2J'), redactor)).not.toMatch(/hunter2|\u001b/);
    expect(reasonFor(fault('bad-input', 'x'.repeat(5000)), redactor)).toHaveLength(500);
    expect(reasonFor(new Error('hunter2-hunter2 at /some/path'), redactor)).not.toMatch(/hunter2|path/);
  });
});
