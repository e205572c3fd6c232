import type { NewToken } from '@drylane/proto/access';
import { DrylaneError } from '@drylane/proto/errors';
import type { Database } from '../ledger/database.ts';
import type { Principal } from './access.ts';
import { recentlyFound } from './recent.ts';
import { TokenRow } from './row.ts';
import { hashOfSecret, isSameHash, makeToken, parseToken, type TokenParts } from './token.ts';

/** What is known of a token; nothing that it could be made from. */
export type Token = Omit<TokenRow, 'secret_hash'>;

/** The tokens that drylane gives out. Times are milliseconds since 1970. */
export interface Tokens {
  /**
   * Makes a token; its text is answered this once and kept nowhere.
   * @param by The id of the principal who asks for it.
   * @throws DrylaneError `bad-input` for a name that another token has which is not revoked, or an end that is past.
   */
  create(
    asked: NewToken,
    by: string,
    nowMs: number,
  ): Promise<{ readonly text: string; readonly token: Token }>;
  read(id: string): Promise<Token | undefined>;
  /** Those of some tenants, or of all and of none; at most 1000, by id, after the one of `after`. */
  list(query: TokenQuery): Promise<readonly Token[]>;
  /**
   * Ends a token, for ever: here at once, in other replicas within {@link REVOKED_WITHIN_MS}. Once more changes nothing.
   * @throws DrylaneError `not-found` for no such token.
   */
  revoke(id: string, nowMs: number): Promise<Token>;
  /**
   * Whose token a text is; undefined for any that is none, or has ended. An id that is not there and a secret that is
   * not that of its id take the same question to the database and the same comparison.
   * @throws DrylaneError `machine-unfit` where the database does not answer, whatever the text.
   */
  authenticate(text: string, nowMs: number): Promise<Principal | undefined>;
  /** Whoever has the token of a name; undefined where there is none, or it has ended. */
  named(name: string, nowMs: number): Promise<Principal | undefined>;
}

export interface TokenQuery {
  readonly tenants: readonly string[] | 'all';
  readonly limit: number;
  readonly after?: string;
}

/** How long a token that was revoked elsewhere may still be taken here. */
export const REVOKED_WITHIN_MS = 5000;

const MAX_KEPT = 10_000;
const MAX_LISTED = 1000;

/** How often, at most, a token's last use is noted. */
const NOTED_EVERY_MS = 10 * 60_000;

// Compared with where there is no token, so that there is always a comparison. No secret has it.
const NO_HASH = '0'.repeat(64);

/** The tokens in the ledger's database. */
export function storedTokens(database: Database): Tokens {
  const { db, retry } = database;
  const recent = recentlyFound<TokenRow>({ keepMs: REVOKED_WITHIN_MS, most: MAX_KEPT });
  const read = async (id: string): Promise<Token | undefined> =>
    retry(() => db.selectFrom('tokens').select(SHOWN).where('id', '=', id).executeTakeFirst());
  return {
    create: (asked, by, nowMs) => create(database, asked, by, nowMs),
    read,
    list: (query) => list(database, query),
    async revoke(id, nowMs) {
      await retry(() =>
        db
          .updateTable('tokens')
          .set({ revoked_ms: nowMs })
          .where('id', '=', id)
          .where('revoked_ms', 'is', null)
          .execute(),
      );
      recent.clear();
      const token = await read(id);
      if (token !== undefined) return token;
      throw new DrylaneError('not-found', {
        field: 'token',
        message: 'is not one that was given out',
        mend: 'name the id of a token that is listed',
      });
    },
    async named(name, nowMs) {
      const living = db
        .selectFrom('tokens')
        .selectAll()
        .where('name', '=', name)
        .where('revoked_ms', 'is', null);
      const { data: row } = TokenRow.safeParse(await retry(() => living.executeTakeFirst()));
      return row === undefined || hasExpired(row, nowMs) ? undefined : principalOf(row);
    },
    async authenticate(text, nowMs) {
      const parts = parseToken(text);
      if (parts === undefined) return undefined;
      // By a hash, so that no secret stays in memory.
      const row = await recent.get(hashOfSecret(text), nowMs, () => lookUp(database, parts, nowMs));
      return row === undefined || hasExpired(row, nowMs) ? undefined : principalOf(row);
    },
  };
}

const { secret_hash: _, ...shape } = TokenRow.shape;
const SHOWN = Object.keys(shape) as readonly (keyof Token)[];

async function create({ db, retry }: Database, asked: NewToken, by: string, nowMs: number) {
  if (asked.expires_ms !== null && asked.expires_ms <= nowMs)
    throw refused('expires_ms', 'is past', 'name a time to come, or null for a token that does not expire');
  const { id, secret, text } = makeToken();
  const ends = { revoked_ms: null, last_used_ms: null };
  const token: Token = { id, ...asked, created_ms: nowMs, created_by: by, ...ends };
  const added = await retry(() =>
    db
      .insertInto('tokens')
      .values({ ...token, secret_hash: hashOfSecret(secret) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst(),
  );
  if (added !== undefined) return { text, token };
  throw refused('name', 'is that of another token', 'choose another name, or revoke that token first');
}

async function list({ db, retry }: Database, { tenants, limit, after }: TokenQuery) {
  if (tenants.length === 0) return [];
  let query = db.selectFrom('tokens').select(SHOWN).orderBy('id');
  if (after !== undefined) query = query.where('id', '>', after);
  if (tenants !== 'all') query = query.where('tenant', 'in', [...tenants]);
  return retry(() => query.limit(Math.max(0, Math.min(limit, MAX_LISTED))).execute());
}

/** The row of a token that counts now; undefined for any other, by the same steps whatever is wrong. */
async function lookUp({ db, retry }: Database, { id, secret }: TokenParts, nowMs: number) {
  const found = await retry(() =>
    db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst(),
  );
  const isRight = isSameHash(found?.secret_hash ?? NO_HASH, hashOfSecret(secret));
  if (!isRight) return undefined;
  const { data: row } = TokenRow.safeParse(found);
  if (row === undefined || row.revoked_ms !== null || hasExpired(row, nowMs)) return undefined;
  if ((row.last_used_ms ?? 0) <= nowMs - NOTED_EVERY_MS) noteUse(db, id, nowMs);
  return row;
}

/** Nobody waits for it, and a token that works does not fail because it could not be noted. */
function noteUse(db: Database['db'], id: string, nowMs: number): void {
  const noting = db.updateTable('tokens').set({ last_used_ms: nowMs }).where('id', '=', id).execute();
  noting.catch(() => undefined);
}

function hasExpired({ expires_ms }: TokenRow, nowMs: number): boolean {
  return expires_ms !== null && nowMs >= expires_ms;
}

function principalOf({ name, role, tenant }: TokenRow): Principal {
  return { id: `token:${name}`, via: 'token', grants: [{ role, tenant }] };
}

function refused(field: string, message: string, mend: string): DrylaneError {
  return new DrylaneError('bad-input', { field, message, mend });
}
