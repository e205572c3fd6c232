import type { RoleRule } from '@drylane/proto/access';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claims, grantsOf, idOf } from './claims.ts';

const ISSUER = 'https://login.example.com/realms/main';
const SRE: RoleRule = { claim: 'groups', equals: 'sre', role: 'approver', tenant: 'web' };

describe('the id of whom claims are about', () => {
  it.each<[unknown, string | undefined]>([
    ['7', `oidc:${ISSUER}#7`],
    ['Ada Lovelace|x#y', `oidc:${ISSUER}#Ada Lovelace|x#y`],
    [undefined, undefined],
    [7, undefined],
    [['7'], undefined],
    ['', undefined],
    [' 7', undefined],
    ['7 ', undefined],
    ['7\n', undefined],
    ['7\u0000', undefined],
    ['\u0430da', undefined],
    ['7\u200b', undefined],
  ])('of %j is %j', (sub, id) => {
    expect(idOf(ISSUER, { sub })).toBe(id);
  });

  it('is as long as OpenID Connect lets a subject be, where records can keep it', () => {
    const short = 'https://a.example.com';
    expect(idOf(short, { sub: 'x'.repeat(255) })).toHaveLength(282);
    expect(idOf(short, { sub: 'x'.repeat(256) })).toBeUndefined();
    expect(idOf(`${short}/${'b'.repeat(100)}`, { sub: 'x'.repeat(255) })).toBeUndefined();
  });

  it('is that of nobody else, and no longer than records keep', () => {
    const issuer = fc.constantFrom(
      'https://a.example.com',
      'https://a.example.com/b',
      'https://b.example.com',
    );
    const sub = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(issuer, sub, issuer, sub, (issuer, sub, otherIssuer, otherSub) => {
        const id = idOf(issuer, { sub });
        expect(id?.length ?? 0).toBeLessThanOrEqual(300);
        if (id !== undefined && id === idOf(otherIssuer, { sub: otherSub }))
          expect([otherIssuer, otherSub]).toEqual([issuer, sub]);
      }),
    );
  });
});

describe('what policy makes of claims', () => {
  it.each<[Claims, boolean]>([
    [{ groups: ['dev', 'sre'] }, true],
    [{ groups: 'sre' }, true],
    [{ groups: ['SRE'] }, false],
    [{ groups: 'sre dev' }, false],
    [{ groups: [['sre']] }, false],
    [{ groups: { sre: true } }, false],
    [{ groups: null }, false],
    [{ roles: ['sre'] }, false],
    [JSON.parse('{"__proto__":{"groups":["sre"]}}'), false],
    [{}, false],
  ])('%j is the role: %j', (claims, is) => {
    expect(grantsOf(claims, [SRE])).toEqual(is ? [{ role: 'approver', tenant: 'web' }] : []);
  });

  it('is each role of each tenant once', () => {
    const rules: RoleRule[] = [
      SRE,
      { ...SRE, equals: 'dev' },
      { ...SRE, tenant: 'ops' },
      { ...SRE, role: 'operator', tenant: '*' },
    ];
    expect(grantsOf({ groups: ['sre', 'dev'] }, rules)).toEqual([
      { role: 'approver', tenant: 'web' },
      { role: 'approver', tenant: 'ops' },
      { role: 'operator', tenant: null },
    ]);
  });

  it('is nothing by an address that nobody has verified', () => {
    const rule: RoleRule = { ...SRE, claim: 'email', equals: 'ada@example.com' };
    for (const email_verified of [undefined, false, 'true', 1])
      expect(grantsOf({ email: 'ada@example.com', email_verified }, [rule])).toEqual([]);
    expect(grantsOf({ email: 'ada@example.com', email_verified: true }, [rule])).toHaveLength(1);
  });

  it('is nothing by what every object has', () => {
    for (const claim of ['constructor', 'toString', '__proto__'])
      expect(grantsOf({}, [{ ...SRE, claim }])).toEqual([]);
  });
});
