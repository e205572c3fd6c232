import type { Arg, Invocation } from '../model.ts';
import { isReadable, printedBefore } from '../nested.ts';
import {
  all,
  any,
  asksOnly,
  flag,
  hasTarget,
  isPipedInto,
  not,
  operand,
  valuesOf,
  verb,
  verbLike,
} from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const CLIENTS =
  'psql mysql mariadb sqlite3 sqlite duckdb mongo mongosh clickhouse clickhouse-client cqlsh sqlcmd sqlplus usql pgcli mycli litecli cockroach influx isql bq snowsql trino presto neo4j cypher-shell tarantool redis-cli valkey-cli keydb-cli etcdctl consul zkCli.sh sqlx prisma rails rake flyway liquibase alembic knex sequelize typeorm dbmate goose';

const STATEMENT_FLAGS = ['-c', '-e', '-q', '-Q', '-cmd', '-execute'];
const LONG_STATEMENT_FLAGS = ['--command', '--execute', '--eval', '--query', '--statement', '--sql'];

/** Texts that a database client is told to run: values of its flags, operands, here-documents, what is piped in. */
function statementsOf(c: Invocation): readonly Arg[] {
  const bodies = c.redirections.flatMap((r) => r.body ?? []);
  const piped = c.pipe === null ? [] : printedBefore(c.pipe, c.span);
  return [...valuesOf(c, [...STATEMENT_FLAGS, ...LONG_STATEMENT_FLAGS]), ...c.operands, ...bodies, ...piped];
}

/** Clients whose statements are in a language of their own, where quotes do not make text harmless. */
const NOT_SQL = /^(mongo|mongosh|redis-cli|valkey-cli|keydb-cli|tarantool|etcdctl|rails|rake|zkCli\.sh)$/;
/** Statements that run what stands in a string. */
const RUNS_STRINGS =
  /\b(execute|exec|prepare|do|eval|perform|dblink\w*|query_to_xml|sp_executesql|openquery)\b/i;

/** Comments, other quotes and escapes, which databases read differently: a quote in one may hide where a string ends. */
const UNSURE = /--|\/\*|[#"$`\\]/;

/** A statement without its strings, where those are surely only data. */
function bareStatement({ program }: Invocation, text: string): string {
  if (NOT_SQL.test(program) || RUNS_STRINGS.test(text) || UNSURE.test(text)) return text;
  return text.replace(/'[^']*'/g, "''");
}

const says =
  (test: RegExp): Condition =>
  (c) =>
    statementsOf(c).find((s) => test.test(bareStatement(c, s.text)));

/** The word that says what a client of a key-value store does. */
const command =
  (test: RegExp): Condition =>
  ({ operands }) =>
    operands[0] !== undefined && test.test(operands[0].text) && operands[0];

/** Clients that run what they are sent. */
const SQL = /^(psql|mysql|mariadb|sqlite3|duckdb|clickhouse-client|cqlsh|sqlcmd|mongosh?|cypher-shell)$/;

/** The database is a file in the workspace. */
const LOCAL = /^(sqlite3?|duckdb|litecli)$/;

export const DATABASES: readonly Rule[] = [
  {
    id: 'asks-database',
    programs: CLIENTS,
    when: all(not(asksOnly), ({ program }) => !LOCAL.test(program)),
    dimension: 'network',
    points: 3,
    message: 'talks to a database',
    whatever: true,
    matches: ["psql -c 'select 1'", 'redis-cli get a'],
    not_matches: ['psql --version', 'sqlite3 a.db .tables'],
  },
  {
    id: 'changes-database',
    programs: CLIENTS,
    when: any(
      says(
        /\b(insert\s+into|update\s+\S+\s+set|create\s+\w|alter\s+\w|grant\s|revoke\s|merge\s+into|replace\s+into|copy\s+\S+\s+from|load\s+data|vacuum|reindex|call\s|begin|commit|insert(One|Many)|update(One|Many)|replaceOne|set\s+global)/i,
      ),
      all(
        (c) => /^(redis|valkey|keydb)-cli$/.test(c.program),
        operand(
          /^(set|hset|lpush|rpush|sadd|zadd|expire|rename|incr|mset|setex|append|restore|eval|publish|migrate|slaveof|replicaof)$/i,
        ),
      ),
      verbLike(/^(put|migrate|db:migrate|deploy|push|up|db:seed|upgrade|seed)$/),
      (c) => c.redirections.some((r) => r.operator === '<'),
      all(
        isPipedInto,
        (c) => c.pipe !== null && !isReadable(c.pipe) && c.operands.length < 2,
        ({ program }) => SQL.test(program),
      ),
      flag('-f', '--file', '.read'),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'changes data in a database',
    matches: [
      "psql -c 'update a set b=1'",
      'mysql db < dump.sql',
      'cat dump.sql | psql db',
      'redis-cli set a b',
    ],
    not_matches: ["psql -c 'select 1'", 'redis-cli get a'],
  },
  {
    id: 'deletes-in-database',
    programs: CLIENTS,
    when: any(
      says(
        /\b(drop\s+(table|database|schema|index|view|user|role|collection|keyspace|column|owned)|delete\s+from|truncate\s|drop(Database|Index|Indexes|User|Role|AllUsers)?\s*\(|shutdownServer|removeUser|(delete|remove)(One|Many)?\s*\(|detach\s+delete|alter\s+table\s+\S+\s+drop)/i,
      ),
      command(
        /^(flushall|flushdb|del|unlink|shutdown|debug|getdel|spop|ltrim|hdel|srem|zrem|xtrim|script|cluster)$/i,
      ),
      verbLike(
        /^(db:drop.*|db:reset|db:rollback|db:schema:load|db:migrate:reset|clean|reset|undo|drop|dropAll|drop-all|drop-all-sql|rollback|downgrade|delete|down|revert)$/i,
      ),
      says(/\bconfig\s+set\b/i),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'deletes data from a database',
    matches: [
      "psql -c 'DROP TABLE a'",
      "echo 'drop table a' | psql",
      'psql -c "do $$ begin execute \'drop table a\'; end $$"',
      'influx bucket delete -n a',
      `psql -c "select 'a\\\\'; drop table b; select '1'"`,
      `mysql -e "select 1 -- it's\ndrop table b -- '"`,
      "mysql -e 'delete from a'",
      'redis-cli FLUSHALL',
      "mongo a --eval 'db.dropDatabase()'",
    ],
    not_matches: [
      "psql -c 'select 1'",
      "grep -r 'drop table' .",
      `psql -c "select * from a where b = 'drop table c'"`,
      'redis-cli get flushall',
    ],
  },
  {
    id: 'database-runs-commands',
    programs: CLIENTS,
    when: says(
      /(^|[\s;])\\!|\.(shell|system)\b|^\s*system\s|\\o\s*\||copy\s[\s\S]{0,200}\bprogram\b|xp_cmdshell|into\s+(out|dump)file|load_file\s*\(|pg_read_file|lo_export|load_extension|\b(writefile|edit)\s*\(|\.(output|once|import)\s+['"]?\||^!/i,
    ),
    dimension: 'write',
    points: 7,
    message: 'makes the database run commands or reach files',
    opaque: true,
    matches: [
      "sqlite3 a \"select writefile('b', 'c')\"",
      "psql -c '\\! id'",
      "sqlite3 a '.shell id'",
      'mysql -e "select 1 into outfile \'/tmp/a\'"',
    ],
    not_matches: ["psql -c 'select 1'"],
  },
  {
    id: 'drops-database',
    programs: 'dropdb dropuser mysqladmin pg_ctl pg_resetwal pg_dropcluster initdb mongod rabbitmqctl',
    when: any(
      all((c) => /^(dropdb|dropuser|pg_resetwal|pg_dropcluster)$/.test(c.program), hasTarget),
      operand(/^(drop|shutdown|stop|kill|flush-.*|reset|stop_app|force_reset)$/),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'drops or stops a whole database',
    matches: ['dropdb prod', 'mysqladmin drop prod', 'rabbitmqctl reset'],
    not_matches: ['dropdb --help', 'mysqladmin status'],
  },
  {
    id: 'dumps-database',
    programs:
      'pg_dump pg_dumpall mysqldump mongodump pg_basebackup mongoexport createdb createuser pg_restore mongorestore mongoimport mysqlimport mysqladmin mysqlcheck pg_upgrade vacuumdb reindexdb pgbench sqlite_utils mariadb-dump redis-benchmark',
    when: all(
      not(asksOnly),
      not(
        all(
          (c) => c.program === 'mysqladmin',
          verb('status, ping, version, processlist, extended-status, variables'),
        ),
      ),
    ),
    dimension: 'network',
    points: 4,
    message: 'copies whole databases out or in',
    matches: ['pg_dump prod', 'mysqldump --all-databases'],
    not_matches: ['pg_dump --version', 'mysqladmin ping'],
  },
  {
    id: 'asks-message-broker',
    programs:
      'kafka-topics kafka-consumer-groups kafka-acls kafka-configs kafka-console-producer kafka-console-consumer kafka-broker-api-versions rabbitmqctl rabbitmqadmin nats redis-benchmark mosquitto_pub mosquitto_sub pulsar-admin kcat kafkacat amqp-publish',
    dimension: 'network',
    points: 3,
    message: 'talks to a message broker',
    whatever: true,
    matches: ['kafka-topics --list', 'nats stream info A'],
    not_matches: ['psql --version'],
  },
  {
    id: 'backs-up-database',
    programs: 'wal-g wal-e pgbackrest barman litestream',
    when: verb(
      'backup-push, backup-fetch, backup, restore, delete, expire, retention, stanza-delete, recover, replicate',
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'makes, restores or deletes the backups of a database',
    matches: ['wal-g delete everything', 'pgbackrest --stanza=a restore', 'barman delete a oldest'],
    not_matches: ['wal-g backup-list', 'pgbackrest info', 'barman list-backups a'],
  },
];
