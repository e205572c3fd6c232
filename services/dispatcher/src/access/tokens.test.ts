import type { NewToken } from '@drylane/proto/access';
import fc from 'fast-check';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Database } from '../ledger/database.ts';
import { describeDatabases } from '../ledger/kinds.fixture.ts';
import { NOW } from '../ledger/ledger.fixture.ts';
import { fixedPrincipal } from './fixed.ts';
import { maySubmitStill } from './still.ts';
import { hashOfSecret, makeToken, parseToken } from './token.ts';
import { REVOKED_WITHIN_MS, storedTokens, type Tokens } from './tokens.ts';

const BY = 'token:config:bootstrap';
const asked = (over: Partial<NewToken> = {}): NewToken => ({
  name: 'ada',
  role: 'submitter',
  tenant: 'web',
  expires_ms: null,
  ...over,
});

describeDatabases('tokens in %s', (at) => {
  let tokens: Tokens;
  beforeEach(() => {
    tokens = storedTokens(at.database);
  });

  it('are those of whom they were made for, and of nobody else', async () => {
    const { text, token } = await tokens.create(asked(), BY, NOW);
    const worker = await tokens.create(asked({ name: 'w', role: 'worker', tenant: null }), BY, NOW);
    expect(await tokens.authenticate(text, NOW)).toEqual({
      id: 'token:ada',
      via: 'token',
      grants: [{ role: 'submitter', tenant: 'web' }],
    });
    expect((await tokens.authenticate(worker.text, NOW))?.grants).toEqual([{ role: 'worker', tenant: null }]);
    const { secret } = makeToken();
    const forged = makeToken();
    for (const other of [forged.text, secret, token.id, `drl_${token.id}_${secret}000000`])
      expect(await tokens.authenticate(other, NOW)).toBeUndefined();
  });

  it('tell whether whoever submitted once could submit now', async () => {
    const root = fixedPrincipal({ name: 'bootstrap', role: 'operator', tenant: null });
    const may = maySubmitStill({ fixed: [root], tokens });
    const { token } = await tokens.create(asked({ expires_ms: NOW + 10 }), BY, NOW);
    await tokens.create(asked({ name: 'eve', role: 'viewer' }), BY, NOW);
    expect(await may('token:ada', 'web', NOW)).toBe(true);
    expect(await may('token:ada', 'web', NOW + 10)).toBe(false);
    expect(await may('token:ada', 'ops', NOW)).toBe(false);
    for (const none of ['token:eve', 'token:nobody', 'token:config:bob'])
      expect(await may(none, 'web', NOW)).toBe(false);
    for (const who of ['token:config:bootstrap', 'oidc:https://id.example#1'])
      expect(await may(who, 'web', NOW)).toBe(true);
    await tokens.revoke(token.id, NOW);
    expect(await may('token:ada', 'web', NOW)).toBe(false);
    await tokens.create(asked(), BY, NOW);
    expect(await may('token:ada', 'web', NOW)).toBe(true);
  });

  it('are kept as a hash, and shown without it', async () => {
    const { text, token } = await tokens.create(asked({ expires_ms: NOW + 1 }), BY, NOW);
    const parts = parseToken(text);
    const rows = await at.database.db.selectFrom('tokens').selectAll().execute();
    expect(rows).toEqual([{ ...token, secret_hash: hashOfSecret(parts?.secret ?? '') }]);
    expect(JSON.stringify(rows)).not.toContain(parts?.secret);
    expect(token).toEqual({
      ...asked({ expires_ms: NOW + 1 }),
      id: parts?.id,
      created_ms: NOW,
      created_by: BY,
      revoked_ms: null,
      last_used_ms: null,
    });
    expect(await tokens.list({ tenants: 'all', limit: 9 })).toEqual([token]);
    expect(await tokens.read(token.id)).toEqual(token);
  });

  it('of a known id are refused with any other secret, though the checksum is right', async () => {
    const { token } = await tokens.create(asked(), BY, NOW);
    const other = makeToken();
    // Another token that has this id: as text it is as good as ours.
    await at.database.db.updateTable('tokens').set({ id: other.id }).where('id', '=', token.id).execute();
    expect(await tokens.authenticate(other.text, NOW)).toBeUndefined();
  });

  it('end when they are said to, though they were taken just before', async () => {
    const { text } = await tokens.create(asked({ expires_ms: NOW + 1000 }), BY, NOW);
    expect(await tokens.authenticate(text, NOW + 999)).toBeDefined();
    expect(await tokens.authenticate(text, NOW + 1000)).toBeUndefined();
    expect(await storedTokens(at.database).authenticate(text, NOW + 1000)).toBeUndefined();
    await expect(tokens.create(asked({ name: 'b', expires_ms: NOW }), BY, NOW)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [{ field: 'expires_ms' }],
    });
  });

  it('end at once where they are revoked, and within seconds elsewhere', async () => {
    const { text, token } = await tokens.create(asked(), BY, NOW);
    const replica = storedTokens(at.database);
    expect(await tokens.authenticate(text, NOW)).toBeDefined();
    expect(await replica.authenticate(text, NOW)).toBeDefined();
    expect(await tokens.revoke(token.id, NOW + 1)).toMatchObject({ id: token.id, revoked_ms: NOW + 1 });
    expect(await tokens.authenticate(text, NOW + 1)).toBeUndefined();
    expect(await replica.authenticate(text, NOW + REVOKED_WITHIN_MS)).toBeUndefined();
    expect(await tokens.revoke(token.id, NOW + 9)).toMatchObject({ revoked_ms: NOW + 1 });
    await expect(tokens.revoke('nobody', NOW)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('have a name each, until they are revoked', async () => {
    const first = await tokens.create(asked(), BY, NOW);
    const again = () => tokens.create(asked({ role: 'approver', tenant: 'ops' }), BY, NOW);
    await expect(again()).rejects.toMatchObject({ code: 'bad-input', problems: [{ field: 'name' }] });
    await tokens.revoke(first.token.id, NOW);
    const made = await Promise.allSettled([again(), again(), again(), again()]);
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await tokens.list({ tenants: 'all', limit: 9 })).map(({ name }) => name)).toEqual(['ada', 'ada']);
  });

  it('are listed by tenant, in pages', async () => {
    for (const [name, tenant] of Object.entries({ a: 'web', b: 'ops', c: 'web', d: null }))
      await tokens.create(asked({ name, tenant, role: 'operator' }), BY, NOW);
    const names = async (query: Parameters<Tokens['list']>[0]) =>
      (await tokens.list(query)).map(({ name }) => name).sort();
    expect(await names({ tenants: 'all', limit: 9 })).toEqual(['a', 'b', 'c', 'd']);
    expect(await names({ tenants: ['web'], limit: 9 })).toEqual(['a', 'c']);
    expect(await names({ tenants: ['web', 'ops'], limit: 9 })).toEqual(['a', 'b', 'c']);
    expect(await names({ tenants: [], limit: 9 })).toEqual([]);
    const [first] = await tokens.list({ tenants: 'all', limit: 1 });
    const rest = await tokens.list({ tenants: 'all', limit: 9, after: first?.id ?? '' });
    expect(rest.map(({ id }) => id)).not.toContain(first?.id);
    expect(rest).toHaveLength(3);
  });

  it('note when they were last used, now and then', async () => {
    const { text, token } = await tokens.create(asked(), BY, NOW);
    const lastUsed = async () => (await tokens.read(token.id))?.last_used_ms;
    await tokens.authenticate(text, NOW);
    await vi.waitFor(async () => expect(await lastUsed()).toBe(NOW));
    await tokens.authenticate(text, NOW + 6000);
    await tokens.authenticate(text, NOW + 700_000);
    await vi.waitFor(async () => expect(await lastUsed()).toBe(NOW + 700_000));
  });

  it('ask the database once for a thousand requests, and each time for a wrong one', async () => {
    let lookups = 0;
    const counting: Database = {
      ...at.database,
      retry(work) {
        lookups += 1;
        return at.database.retry(work);
      },
    };
    const { text } = await tokens.create(asked(), BY, NOW);
    const counted = storedTokens(counting);
    for (let at = 0; at < 1000; at++) await counted.authenticate(text, NOW + at);
    expect(lookups).toBe(1);
    // One of an id that is not there, and one of an id that is, which belongs to another secret.
    const [unknown, wrong] = [makeToken(), makeToken()];
    await tokens.create(asked({ name: 'b' }), BY, NOW);
    await at.database.db.updateTable('tokens').set({ id: wrong.id }).where('name', '=', 'b').execute();
    for (const { text } of [unknown, unknown, wrong, wrong]) {
      lookups = 0;
      expect(await counted.authenticate(text, NOW)).toBeUndefined();
      expect(lookups).toBe(1);
    }
  });

  it('are not taken, and not refused, where the database does not answer', async () => {
    const { text } = await tokens.create(asked(), BY, NOW);
    const closed = await at.place.openDatabase();
    const other = storedTokens(closed);
    await closed.db.destroy();
    await expect(other.authenticate(text, NOW)).rejects.toThrow();
    expect(await other.authenticate('drl_x', NOW)).toBeUndefined();
  });

  it('are looked up in any text without a throw', async () => {
    const quoted = ["' or 1=1 --", '\0', 'drl_', '__proto__', '😀'.repeat(1e5), 'x'.repeat(1e7)];
    for (const text of quoted) expect(await tokens.authenticate(text, NOW)).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer(), async (text, nowMs) => {
        expect(await tokens.authenticate(text, nowMs)).toBeUndefined();
      }),
    );
  });

  it('are not taken for good where their row says what is not known here', async () => {
    const { text, token } = await tokens.create(asked(), BY, NOW);
    await at.place.execute(`update tokens set role = 'root' where id = '${token.id}'`);
    expect(await tokens.authenticate(text, NOW)).toBeUndefined();
  });
});
