import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import pg from 'pg';

const START_MS = 60_000;

/** A real PostgreSQL server for tests: in a directory of its own, at a unix socket, written through to the disk. */
export interface Cluster {
  /** Makes an empty database and answers its address. */
  database(): Promise<string>;
  /** Ends all connections to a database, at once. */
  cutOff(url: string): void;
  /** Ends the server without a word to anybody and starts it again. */
  crash(): Promise<void>;
  /** Ends the server and takes its directory away. */
  stop(): Promise<void>;
}

// It reads orders until nobody holds the other end any more, so that it outlives no test, however that one went.
const KEEPER = `
  start() {
    "$0/postgres" -D "$1/data" -k "$1" -h '' -c fsync=on -c shared_buffers=16MB >>"$1/log" 2>&1 &
    server=$!
  }
  start "$1"
  while read -r order; do kill -QUIT $server; wait $server; start "$1"; done
  kill -QUIT $server
  wait $server
  rm -rf -- "$1"
`;

/** Starts a server. @throws DrylaneError `machine-unfit` where PostgreSQL is not installed. */
export async function startCluster(): Promise<Cluster> {
  const programs = findPrograms();
  const user = serverUser();
  const directory = mkdtempSync(join(tmpdir(), 'drylane-pg-'));
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  const options = { ...user, cwd: directory, env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' } };
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', join(directory, 'data'), '-U', 'drylane', '-A', 'trust', '-E', 'UTF8', '-N'],
    { ...options, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr || made.error?.message}`);
  const keeper = spawn('/bin/sh', ['-c', KEEPER, programs, directory], {
    ...options,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await ready(directory);
  return clusterOf(keeper, programs, directory);
}

function clusterOf(keeper: ChildProcess, programs: string, directory: string): Cluster {
  const closed = once(keeper, 'close');
  let made = 0;
  return {
    async database() {
      made += 1;
      await askPostgres(addressOf(directory, 'postgres'), `create database run${made}`);
      return addressOf(directory, `run${made}`);
    },
    cutOff(url) {
      const others = 'datname = current_database() and pid <> pg_backend_pid()';
      const sql = `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`;
      const { status, stderr } = spawnSync(join(programs, 'psql'), [url, '-c', sql], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`psql: ${stderr}`);
    },
    async crash() {
      const before = startedAt(directory);
      keeper.stdin?.write('crash\n');
      while (startedAt(directory) === before) await delay(20);
      await ready(directory);
    },
    async stop() {
      keeper.stdin?.end();
      await closed;
    },
  };
}

const addressOf = (directory: string, database: string): string =>
  `postgres:///${database}?${new URLSearchParams({ host: directory, user: 'drylane' })}`;

/** Sends statements to a database, in a connection of its own. */
export async function askPostgres(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
}

async function ready(directory: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      return await askPostgres(addressOf(directory, 'postgres'), 'select 1');
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`postgres: ${logOf(directory)}`, { cause });
      await delay(20);
    }
  }
}

const logOf = (directory: string): string =>
  existsSync(join(directory, 'log')) ? readFileSync(join(directory, 'log'), 'utf8') : 'no log';

/** The lock file's content, which names the process and when it began; empty while there is none. */
function startedAt(directory: string): string {
  const file = join(directory, 'data', 'postmaster.pid');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, 3).join() : '';
}

// Debian keeps the server's programs out of PATH, one directory for each version.
const DEBIAN = '/usr/lib/postgresql';

function findPrograms(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  const found = places.find((place) => ['initdb', 'postgres'].every((name) => existsSync(join(place, name))));
  if (found !== undefined) return found;
  throw new DrylaneError('machine-unfit', {
    field: 'postgres',
    message: 'PostgreSQL is not installed, and these tests need a real one',
    mend: 'npm run machine',
  });
}

/** The server refuses to run as root; then it runs as the user that its package has made. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout),
  );
  if (uid && gid) return { uid, gid };
  throw new DrylaneError('machine-unfit', {
    field: 'postgres',
    message: 'there is no user postgres, as whom the server could run',
    mend: 'npm run machine',
  });
}
