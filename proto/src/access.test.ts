import { describe, expect, it } from 'vitest';
import { mayBeOfAllTenants, NewToken, ROLES } from './access.ts';
import { checkAs } from './document.ts';
import { DrylaneError } from './errors.ts';

const TOKEN = { name: 'ada', role: 'viewer', tenant: 'web', expires_ms: null };

function refused(over: object): readonly string[] {
  try {
    checkAs(NewToken, { ...TOKEN, ...over }, 'bad-input');
    return [];
  } catch (error) {
    if (!(error instanceof DrylaneError)) throw error;
    for (const { mend } of error.problems) expect(mend).not.toBe('write it as the message says');
    return error.problems.map(({ field }) => field);
  }
}

describe('what a token is asked for with', () => {
  it.each([
    [{}, []],
    [{ name: 'nightly-2.web_ops@x', expires_ms: 1 }, []],
    [{ name: '' }, ['name']],
    [{ name: 'Ada' }, ['name']],
    [{ name: 'config:root' }, ['name']],
    [{ name: 'a\n' }, ['name']],
    [{ name: 'a'.repeat(65) }, ['name']],
    [{ role: 'admin' }, ['role']],
    [{ tenant: '*' }, ['tenant']],
    [{ tenant: 'web\u0000' }, ['tenant']],
    [{ tenant: undefined }, ['tenant']],
    [{ expires_ms: 0 }, ['expires_ms']],
    [{ expires_ms: 1.5 }, ['expires_ms']],
    [{ expires_ms: Number.POSITIVE_INFINITY }, ['expires_ms']],
    [{ secret: 'mine' }, ['secret']],
  ])('%j is refused for %j', (over, fields) => {
    expect(refused(over)).toEqual(fields);
  });

  it.each(ROLES)('is of all tenants for a %s only where that role may be', (role) => {
    expect(refused({ role, tenant: null })).toEqual(mayBeOfAllTenants(role) ? [] : ['tenant']);
    expect(mayBeOfAllTenants(role)).toBe(role === 'operator' || role === 'worker');
  });
});
