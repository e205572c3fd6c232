import { Socket } from 'node:net';
import { DrylaneError } from '@drylane/proto/errors';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';
import { nulAsTwo } from './nul.ts';
import { type Retry, retryAfter } from './retry.ts';
import { migrate, type Tables } from './schema.ts';
import { storedLedger } from './store.ts';

const CONNECT_MS = 10_000;
const CONNECTIONS = 10;
// Longer than the server lets anybody wait for a lock: one that says nothing for so long is not there any more, whatever
// the network believes, and whoever waits for it would wait for ever.
const SILENCE_MS = 90_000;

// Any number that nothing else in the same database takes for a lock of its own.
const MIGRATION_LOCK = 7_379_204_315;

// What is acknowledged is on disk, whatever the server's default; a process that stands still holds up nobody for ever.
const SESSION =
  "set synchronous_commit = on; set idle_in_transaction_session_timeout = '60s'; set lock_timeout = '60s'";

/**
 * Opens the ledger in a PostgreSQL database, its tables made or brought up to date. Several processes may use it at
 * once; what `append` has answered survives a kill and, as far as the server keeps its word, a loss of power.
 * @param url `postgres://user:password@host:port/database`, or with `?host=DIRECTORY` for a unix socket.
 * @param silenceMs how long a server may say nothing.
 * @throws DrylaneError `machine-unfit` where the server does not answer, or may not be used so.
 */
export async function openPostgresLedger(url: string, silenceMs = SILENCE_MS): Promise<Ledger> {
  const { db, retry } = await openPostgres(url, silenceMs);
  return storedLedger(db, retry);
}

/** Opens the database that {@link openPostgresLedger} does, for the ledger and what else is kept in it. */
export async function openPostgres(url: string, silenceMs = SILENCE_MS): Promise<Database> {
  const pool = openPool(url, silenceMs);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [nulAsTwo()] });
  try {
    await retrying(() => migrate(db, lockMigrations));
  } catch (error) {
    await pool.end();
    throw error;
  }
  return { db, retry: retrying };
}

const lockMigrations: Parameters<typeof migrate>[1] = async (transaction) => {
  await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
};

function openPool(url: string, silenceMs: number): pg.Pool {
  try {
    const pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      stream: () => impatientSocket(silenceMs),
      max: CONNECTIONS,
      types: { getTypeParser },
      onConnect: prepare,
    });
    return pool.on('error', ignore);
  } catch (cause) {
    throw unusable(cause);
  }
}

function impatientSocket(silenceMs: number): Socket {
  const socket = new Socket();
  return socket.setTimeout(silenceMs, () => socket.destroy(new Error('the connection is silent')));
}

async function prepare(client: pg.ClientBase): Promise<void> {
  client.on('error', ignore);
  await client.query(SESSION);
}

// Whoever uses a connection that dies is told by the query; without a listener the process would end, too.
const ignore = (): void => {};

const BIGINT = 20;

/** Reads a value as the driver would, but times and counts as numbers. */
function getTypeParser(...args: Parameters<typeof pg.types.getTypeParser>) {
  return args[0] === BIGINT ? Number : pg.types.getTypeParser(...args);
}

const retryLost = retryAfter((error) => isCode(error, LOST));

/** Tries again what lost against another process, and says clearly when there is no database to lose against. */
const retrying: Retry = async (work) => {
  try {
    return await retryLost(work);
  } catch (error) {
    throw isUnusable(error) ? unusable(error) : error;
  }
};

// SQLSTATE, appendix A of PostgreSQL's manual: serialisation failures, deadlocks, and keys that another took first.
const LOST = /^(40001|40P01|23505)$/;

// No connection, no rights, no such database, no resources, a server that stops, a lock that nobody gives back.
const UNUSABLE = /^(08|28|3D|53|57|58)...$|^(25006|25P03|42501|55P03|XX000)$|^E[A-Z_]+$/;

function isUnusable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DrylaneError) return false;
  return isCode(error, UNUSABLE) || /\b(connect|connection|client|timeout|SSL)\b/i.test(error.message);
}

function isCode(error: unknown, codes: RegExp): boolean {
  return error instanceof Error && 'code' in error && codes.test(String(error.code));
}

function unusable(cause: unknown): DrylaneError {
  const problem = {
    field: 'ledger',
    message: 'its database does not answer, or may not be used so',
    mend: 'check the server and its address; what was being written is there whole or not at all: drylane runs',
  };
  return new DrylaneError('machine-unfit', problem, { cause });
}
