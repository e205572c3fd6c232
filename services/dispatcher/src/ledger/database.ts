import type { Kysely } from 'kysely';
import type { Retry } from './retry.ts';
import type { Tables } from './schema.ts';

/** A database with the ledger's tables, as kysely and whoever retries speak to it. */
export interface Database {
  readonly db: Kysely<Tables>;
  readonly retry: Retry;
}
