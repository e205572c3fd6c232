import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DrylaneError } from '@drylane/proto/errors';
import { Kysely, SqliteDialect } from 'kysely';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';
import { retryAfter } from './retry.ts';
import { migrate, type Tables } from './schema.ts';
import { storedLedger } from './store.ts';

// SQLite waits this long with the whole process standing still; between two tries the process goes on.
const BUSY_MS = 100;

/**
 * Opens the ledger in one file, made if it is not there, for its owner alone. Several processes may use it at
 * once; what `append` has answered survives a kill and a loss of power.
 * @throws DrylaneError `machine-unfit` where the file cannot be used so.
 */
export async function openSqliteLedger(file: string): Promise<Ledger> {
  const { db, retry } = await openSqlite(file);
  return storedLedger(db, retry);
}

/** Opens the file that {@link openSqliteLedger} does, for the ledger and what else is kept in its database. */
export async function openSqlite(file: string): Promise<Database> {
  const database = await retrying(async () => openFile(file)).catch((cause: unknown) => {
    throw unusable(file, cause);
  });
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) });
  try {
    // The transaction is the lock: it begins as one that writes.
    await retrying(() => migrate(db, async () => {}));
  } catch (cause) {
    await db.destroy();
    throw cause instanceof DrylaneError ? cause : unusable(file, cause);
  }
  return { db, retry: retrying };
}

function unusable(file: string, cause: unknown): DrylaneError {
  const problem = {
    field: file,
    message: 'cannot be used as the ledger',
    mend: 'check its owner, its file system and the free space, or choose another directory with --state',
  };
  return new DrylaneError('machine-unfit', problem, { cause });
}

function openFile(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite gives its -wal and -shm files the mode of the database.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    const mode = database.prepare('pragma journal_mode = wal').get()?.journal_mode;
    if (mode !== 'wal') throw new Error('the file system cannot share memory between processes');
    database.exec('pragma synchronous = full');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The little of better-sqlite3's interface that kysely asks for. */
function kyselyDatabase(database: DatabaseSync): ConstructorParameters<typeof SqliteDialect>[0]['database'] {
  return {
    close: () => database.close(),
    prepare: (sql) => {
      // A transaction that reads first and writes later would fail, not wait, when another process wrote between.
      const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql);
      type Values = Parameters<typeof statement.all>;
      return {
        reader: statement.columns().length > 0,
        all: (values) => statement.all(...(values as Values)),
        run: (values) => statement.run(...(values as Values)),
        iterate: (values) => statement.iterate(...(values as Values)),
      };
    },
  };
}

const SQLITE_BUSY = 5;
const PRIMARY_CODE = 0xff;

/** Tries again while another process holds the write lock. */
const retrying = retryAfter(isBusy);

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return (Number(error.errcode) & PRIMARY_CODE) === SQLITE_BUSY;
}
