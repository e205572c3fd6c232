import { DrylaneError } from '@drylane/proto/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticator } from './authenticate.ts';
import { type FixedToken, fixedTokens } from './fixed.ts';
import { makeToken } from './token.ts';

const ROOT: FixedToken = {
  name: 'bootstrap',
  role: 'operator',
  tenant: null,
  text: 'f'.repeat(64),
  field: 'DRYLANE_BOOTSTRAP_TOKEN',
};
const WORKER: FixedToken = {
  name: 'worker',
  role: 'worker',
  tenant: null,
  text: makeToken().text,
  field: 'DRYLANE_WORKER_TOKEN',
};

function problemsOf(...tokens: FixedToken[]): readonly string[] {
  try {
    fixedTokens(tokens);
    return [];
  } catch (error) {
    if (!(error instanceof DrylaneError)) throw error;
    for (const token of tokens)
      if (token.text.length > 2) expect(JSON.stringify(error.problems)).not.toContain(token.text);
    return error.problems.map(({ field, message }) => `${field} ${message}`);
  }
}

describe('tokens that are configuration', () => {
  it('are of whom they are configured for, by names that no other token can have', () => {
    const known = fixedTokens([ROOT, WORKER]);
    expect(known(ROOT.text)).toEqual({
      id: 'token:config:bootstrap',
      via: 'token',
      grants: [{ role: 'operator', tenant: null }],
    });
    expect(known(WORKER.text)).toMatchObject({ id: 'token:config:worker' });
    expect(known(makeToken().text)).toBeUndefined();
    expect(fixedTokens([])('')).toBeUndefined();
  });

  it.each([
    ['', 'is not one line of letters, digits and signs'],
    [`${'f'.repeat(64)}\n`, 'is not one line of letters, digits and signs'],
    ['two words '.repeat(9), 'is not one line of letters, digits and signs'],
    ['f'.repeat(9000), 'is not one line of letters, digits and signs'],
    ['change-me', 'has fewer than 43 characters'],
  ])('are refused: %j', (text, message) => {
    expect(problemsOf({ ...ROOT, text })).toEqual([`${ROOT.field} ${message}`]);
  });

  it('are refused where two have one text, for it would be that of either', () => {
    expect(problemsOf(ROOT, WORKER)).toEqual([]);
    expect(problemsOf(ROOT, { ...WORKER, text: ROOT.text })).toEqual([
      'DRYLANE_WORKER_TOKEN is the same as DRYLANE_BOOTSTRAP_TOKEN',
    ]);
  });
});

describe('an authenticator', () => {
  const asked: string[] = [];
  const authenticate = authenticator({
    fixed: fixedTokens([ROOT, WORKER]),
    tokens: async (text) => void asked.push(`tokens ${text}`),
    oidc: async (text) => void asked.push(`oidc ${text}`),
  });

  it('asks for each text where it may be known, and only there', async () => {
    expect((await authenticate(WORKER.text, 0))?.id).toBe('token:config:worker');
    await authenticate('drl_x', 0);
    await authenticate('a.b.c', 0);
    expect(asked).toEqual(['tokens drl_x', 'oidc a.b.c']);
  });

  it('throws for no text, and takes none that is not known', async () => {
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.string().map(encodeURIComponent));
    await fc.assert(
      fc.asyncProperty(any, async (text) => {
        expect(await authenticate(text, 0)).toBeUndefined();
      }),
    );
  });
});
