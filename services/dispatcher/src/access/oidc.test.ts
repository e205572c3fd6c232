import { createHmac, generateKeyPairSync } from 'node:crypto';
import { type OidcIssuer, ROLES } from '@drylane/proto/access';
import fc from 'fast-check';
import { exportSPKI, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACTIONS, decideAccess, type ResourceOf } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import { type Key, makeKey, sign, startIssuer, type TestIssuer } from './issuer.fixture.ts';
import { oidcTokens } from './oidc.ts';

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1000;

let server: TestIssuer;
let other: TestIssuer;
let rsa: Key;
let edwards: Key;
let foreign: Key;
let authenticate: Authenticate;

beforeAll(async () => {
  [server, other] = [await startIssuer(), await startIssuer()];
  rsa = await makeKey('one');
  edwards = await makeKey('two', 'EdDSA');
  foreign = await makeKey('one');
}, 60_000);
beforeEach(() => {
  server.keys = [rsa.jwk, edwards.jwk];
  other.keys = [foreign.jwk];
  authenticate = oidcTokens([entry(server), entry(other)]);
});
afterAll(() => Promise.all([server.stop(), other.stop()]));

const entry = ({ issuer }: TestIssuer, over: Partial<OidcIssuer> = {}): OidcIssuer => ({
  issuer,
  audience: 'drylane',
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  roles: [
    { claim: 'groups', equals: 'sre', role: 'approver', tenant: 'web' },
    { claim: 'groups', equals: 'dev', role: 'submitter', tenant: 'web' },
  ],
  ...over,
});

const claims = (over: JWTPayload = {}): JWTPayload => ({
  iss: server.issuer,
  aud: 'drylane',
  sub: '7',
  groups: ['sre'],
  iat: SECONDS,
  exp: SECONDS + 300,
  ...over,
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of an issuer', () => {
  it('is of whom it says, with the roles that policy makes of its claims', async () => {
    for (const key of [rsa, edwards])
      expect(await authenticate(await sign(claims(), key), NOW)).toEqual({
        id: `oidc:${server.issuer}#7`,
        via: 'oidc',
        grants: [{ role: 'approver', tenant: 'web' }],
      });
    const several = await sign(claims({ aud: ['x', 'drylane'], groups: ['dev', 'sre'] }), rsa);
    expect((await authenticate(several, NOW))?.grants).toHaveLength(2);
    for (const typ of ['at+jwt', 'application/at+jwt', undefined])
      expect(await authenticate(await sign(claims(), rsa, { typ }), NOW)).toBeDefined();
  });

  it('without a role in policy is known, and forbidden everything', async () => {
    const principal = await authenticate(await sign(claims({ groups: [] }), rsa), NOW);
    expect(principal).toMatchObject({ id: `oidc:${server.issuer}#7`, grants: [] });
    for (const action of ACTIONS)
      for (const resource of [undefined, { kind: 'fleet' } as ResourceOf<typeof action>])
        expect(principal && decideAccess(principal, action, resource)).toBe('forbidden');
  });

  it('does not let the same person approve what they submitted, though they are both', async () => {
    const text = await sign(claims({ groups: ['dev', 'sre'] }), rsa);
    const principal = await authenticate(text, NOW);
    const runBy = (submitter: string) => ({ kind: 'run', tenant: 'web', submitter, claimant: null }) as const;
    expect(principal && decideAccess(principal, 'approve-run', runBy(principal.id))).toBe('forbidden');
    expect(principal && decideAccess(principal, 'approve-run', runBy('token:ada'))).toBe('allowed');
  });

  it.each<[string, JWTPayload]>([
    ['another issuer', { iss: 'http://127.0.0.1:1' }],
    ['a longer issuer', { iss: 'http://127.0.0.1/' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'console' }],
    ['other audiences', { aud: ['console', 'drylane2'] }],
    ['no audience', { aud: undefined }],
    ['an end that is past', { exp: SECONDS - 6 }],
    ['an end that is text', { exp: `${SECONDS + 300}` as unknown as number }],
    ['no end', { exp: undefined }],
    ['a beginning that is to come', { nbf: SECONDS + 60 }],
    ['no subject', { sub: undefined }],
    ['a subject that looks like another', { sub: '7\u200b' }],
    ['an empty subject', { sub: '' }],
  ])('with %s is refused', async (_, over) => {
    expect(await authenticate(await sign(claims(over), rsa), NOW)).toBeUndefined();
  });

  it('is refused a second after its end, but for how far clocks may be apart', async () => {
    const text = await sign(claims({ exp: SECONDS }), rsa);
    expect(await authenticate(text, NOW + 4000)).toBeDefined();
    expect(await authenticate(text, NOW + 6000)).toBeUndefined();
  });

  it('of another kind that the issuer signs is refused', async () => {
    for (const typ of ['logout+jwt', 'secevent+jwt', 'dpop+jwt', ''])
      expect(await authenticate(await sign(claims(), rsa, { typ }), NOW)).toBeUndefined();
  });
});

describe('a forged token is refused', () => {
  it('where it is not signed', async () => {
    for (const alg of ['none', 'None', 'NONE', ''])
      for (const signature of ['', 'AAAA'])
        expect(
          await authenticate(`${encoded({ alg })}.${encoded(claims())}.${signature}`, NOW),
        ).toBeUndefined();
  });

  it('where the public key was taken for a shared one', async () => {
    const pem = await exportSPKI(rsa.publicKey);
    for (const secret of [pem, pem.trim(), JSON.stringify(rsa.jwk), '']) {
      const body = `${encoded({ alg: 'HS256', kid: 'one', typ: 'JWT' })}.${encoded(claims())}`;
      const signature = createHmac('sha256', secret).update(body).digest('base64url');
      expect(await authenticate(`${body}.${signature}`, NOW)).toBeUndefined();
    }
  });

  it('where another issuer signed it, whose key has the same name', async () => {
    expect(await authenticate(await sign(claims(), foreign), NOW)).toBeUndefined();
    const theirs = await sign(claims({ iss: other.issuer }), foreign);
    expect((await authenticate(theirs, NOW))?.id).toBe(`oidc:${other.issuer}#7`);
  });

  it('where it brings its own key, or names where one is', async () => {
    const [asked, before] = [other.asked, other.asked.length];
    const headers = [
      { jwk: foreign.jwk },
      { jku: `${other.issuer}/keys` },
      { x5u: `${other.issuer}/keys` },
      { kid: `${other.issuer}/keys` },
    ];
    for (const header of headers)
      expect(await authenticate(await sign(claims(), foreign, header), NOW)).toBeUndefined();
    expect(asked.length).toBe(before);
  });

  it.each(['../../etc/passwd', "' or '1'='1", '__proto__', 'constructor', '', '\0', 'x'.repeat(3000)])(
    'where it names the key %j',
    async (kid) => {
      expect(await authenticate(await sign(claims(), foreign, { kid }), NOW)).toBeUndefined();
    },
  );

  it('where it was changed after it was signed', async () => {
    const [header, , signature] = (await sign(claims({ groups: [] }), rsa)).split('.');
    expect(await authenticate(`${header}.${encoded(claims())}.${signature}`, NOW)).toBeUndefined();
  });

  it('where policy does not name how it is signed', async () => {
    const strict = oidcTokens([entry(server, { algorithms: ['ES256'] })]);
    expect(await strict(await sign(claims(), rsa), NOW)).toBeUndefined();
  });

  it('where the key is too short to prove anything', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    server.keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'weak' }];
    const body = `${encoded({ alg: 'RS256', kid: 'weak' })}.${encoded(claims())}`;
    const { sign: signWith } = await import('node:crypto');
    const signature = signWith('sha256', Buffer.from(body), privateKey).toString('base64url');
    expect(await authenticate(`${body}.${signature}`, NOW)).toBeUndefined();
  });

  it('where it asks for something that nobody here understands', async () => {
    const text = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'RS256', kid: 'one', crit: ['exp'], exp: 1 })
      .sign(rsa.privateKey, { crit: { exp: true } });
    expect(await authenticate(text, NOW)).toBeUndefined();
  });

  it('where it is huge, before anybody looks into it', async () => {
    const text = await sign(claims({ groups: ['sre', 'x'.repeat(10_000)] }), rsa);
    expect(await authenticate(text, NOW)).toBeUndefined();
    const before = process.cpuUsage();
    for (const long of [`${'a'.repeat(3e7)}.b.c`, '.'.repeat(3e7), `${'a.'.repeat(1e7)}`])
      expect(await authenticate(long, NOW)).toBeUndefined();
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  });

  it('whatever it is, without a throw', async () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.record({ alg: fc.constantFrom('RS256', 'none', 'HS256', 7, null), kid: fc.anything() }).map(encoded),
      fc.constant(undefined).map(() => encoded(claims())),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(part, part, part).map((p) => p.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        expect(await authenticate(text, NOW)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('of the issuers that policy names', () => {
  it('one may have two audiences, with roles of their own', async () => {
    const twice = oidcTokens([
      entry(server),
      entry(server, {
        audience: 'console',
        roles: [{ claim: 'groups', equals: 'sre', role: 'viewer', tenant: 'ops' }],
      }),
    ]);
    const principal = await twice(await sign(claims({ aud: 'console' }), rsa), NOW);
    expect(principal).toEqual({
      id: `oidc:${server.issuer}#7`,
      via: 'oidc',
      grants: [{ role: 'viewer', tenant: 'ops' }],
    });
  });

  it.each(ROLES)('one may make somebody a %s', async (role) => {
    const only = oidcTokens([entry(server, { roles: [{ claim: 'sub', equals: '7', role, tenant: 'web' }] })]);
    expect((await only(await sign(claims(), rsa), NOW))?.grants).toEqual([{ role, tenant: 'web' }]);
  });
});
