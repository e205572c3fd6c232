import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';
import { askPostgres, startCluster } from './postgres.fixture.ts';
import { openPostgres, openPostgresLedger } from './postgres.ts';
import { openSqlite, openSqliteLedger } from './sqlite.ts';

/** An empty database, for one test. */
export interface Place {
  /** A file, or what starts with `postgres:`. */
  readonly address: string;
  open(): Promise<Ledger>;
  /** Opens what else is kept in the ledger's database. */
  openDatabase(): Promise<Database>;
  /** Does something to the database that is not the ledger's doing. */
  execute(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** A kind of database, for the tests of one file. */
interface Kind {
  place(): Promise<Place>;
  stop(): Promise<void>;
}

/** Every kind of database that a ledger may be in. */
const KINDS: readonly (readonly [name: string, start: () => Promise<Kind>])[] = [
  ['SQLite', async () => ({ place: sqlitePlace, stop: async () => {} })],
  ['PostgreSQL', startPostgres],
];

/** Empty ledgers, for the tests of one kind. */
export interface Bench {
  /** The database of this test. */
  readonly place: Place;
  /** What is open of it. */
  readonly ledger: Ledger;
  /** Opens it once more, as another process would; the end of the test closes it. */
  open(): Promise<Ledger>;
}

/** Runs the same tests with every kind of database; `%s` in the title is its name. */
export function describeKinds(title: string, tests: (kind: Pick<Kind, 'place'>) => void): void {
  describe.each(KINDS)(title, (_, start) => {
    let kind: Kind;
    beforeAll(async () => {
      kind = await start();
    }, 90_000);
    afterAll(() => kind?.stop());
    tests({ place: () => kind.place() });
  });
}

/** The same with an empty ledger for each test. */
export function describeLedgers(title: string, tests: (at: Bench) => void): void {
  describeKinds(title, (kind) => {
    let place: Place;
    let ledgers: readonly [Ledger, ...Ledger[]];
    beforeEach(async () => {
      place = await kind.place();
      ledgers = [await place.open()];
    });
    afterEach(async () => {
      for (const ledger of ledgers) await ledger.close();
      await place.close();
    });
    tests({
      get place() {
        return place;
      },
      get ledger() {
        return ledgers[0];
      },
      async open() {
        const ledger = await place.open();
        ledgers = [...ledgers, ledger];
        return ledger;
      },
    });
  });
}

/** The same with an empty database for each test, for what is kept in it beside the ledger. */
export function describeDatabases(
  title: string,
  tests: (at: { readonly place: Place; readonly database: Database }) => void,
): void {
  describeKinds(title, (kind) => {
    let place: Place;
    let database: Database;
    beforeEach(async () => {
      place = await kind.place();
      database = await place.openDatabase();
    });
    afterEach(async () => {
      await database.db.destroy();
      await place.close();
    });
    tests({
      get place() {
        return place;
      },
      get database() {
        return database;
      },
    });
  });
}

async function sqlitePlace(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'drylane-ledger-'));
  const file = join(directory, 'state/ledger.db');
  return {
    address: file,
    open: () => openSqliteLedger(file),
    openDatabase: () => openSqlite(file),
    async execute(sql) {
      const database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: false });
      database.exec(sql);
      database.close();
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

// Emptying tables takes a tenth of the time that another database takes.
async function startPostgres(): Promise<Kind> {
  const cluster = await startCluster();
  const url = await cluster.database();
  await (await openPostgresLedger(url)).close();
  const place: Place = {
    address: url,
    open: () => openPostgresLedger(url),
    openDatabase: () => openPostgres(url),
    // As whoever owns the server may: without the constraints between tables.
    execute: (sql) => askPostgres(url, `set session_replication_role = replica; ${sql}`),
    close: async () => {},
  };
  return {
    async place() {
      await place.execute('truncate runs, events, approvals, receipts, submissions, tokens, schedules');
      return place;
    },
    stop: () => cluster.stop(),
  };
}
