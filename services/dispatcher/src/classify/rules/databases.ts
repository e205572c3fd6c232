import type { Arg, Invocation } from '../model.ts';
import { all, any, asksOnly, flag, hasTarget, not, operand, valuesOf, verbLike } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const CLIENTS =
  'psql mysql mariadb sqlite3 sqlite duckdb mongo mongosh clickhouse clickhouse-client cqlsh sqlcmd sqlplus usql pgcli mycli litecli cockroach influx isql bq snowsql trino presto neo4j cypher-shell tarantool redis-cli valkey-cli keydb-cli etcdctl consul zkCli.sh sqlx prisma rails rake flyway liquibase alembic knex sequelize typeorm dbmate goose';

/** Texts that a database client is told to run: values of its flags, operands, here-documents. */
function statementsOf(c: Invocation): readonly Arg[] {
  const bodies = c.redirections.flatMap((r) => r.body ?? []);
  return [
    ...valuesOf(c, ['-c', '-e', '-q', '-Q', '-cmd', '--command', '--execute', '--eval', '--query']),
    ...c.operands,
    ...bodies,
  ];
}

const says =
  (test: RegExp): Condition =>
  (c) =>
    statementsOf(c).find((s) => test.test(s.text));

export const DATABASES: readonly Rule[] = [
  {
    id: 'asks-database',
    programs: CLIENTS,
    when: not(asksOnly),
    dimension: 'network',
    points: 3,
    message: 'talks to a database',
    matches: ["psql -c 'select 1'", 'redis-cli get a'],
    not_matches: ['psql --version'],
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
      flag('-f', '--file', '.read'),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'changes data in a database',
    matches: ["psql -c 'update a set b=1'", 'mysql db < dump.sql', 'redis-cli set a b'],
    not_matches: ["psql -c 'select 1'", 'redis-cli get a'],
  },
  {
    id: 'deletes-in-database',
    programs: CLIENTS,
    when: any(
      says(
        /\b(drop\s+(table|database|schema|index|view|user|role|collection|keyspace|column|owned)|delete\s+from|truncate\s|drop(Database|Index|User)?\s*\(|(delete|remove)(One|Many)?\s*\(|detach\s+delete|alter\s+table\s+\S+\s+drop)/i,
      ),
      operand(
        /^(flushall|flushdb|del|unlink|shutdown|debug|db:drop|db:reset|clean|reset|undo|drop|rollback|downgrade)$/i,
      ),
      says(/\bconfig\s+set\b/i),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'deletes data from a database',
    matches: [
      "psql -c 'DROP TABLE a'",
      "mysql -e 'delete from a'",
      'redis-cli FLUSHALL',
      "mongo a --eval 'db.dropDatabase()'",
    ],
    not_matches: ["psql -c 'select 1'", "grep -r 'drop table' ."],
  },
  {
    id: 'database-runs-commands',
    programs: CLIENTS,
    when: says(
      /(^|[\s;])\\!|\.(shell|system)\b|^\s*system\s|\\o\s*\||copy\s[\s\S]{0,200}\bprogram\b|xp_cmdshell|into\s+(out|dump)file|load_file\s*\(|pg_read_file|lo_export|load_extension|^!/i,
    ),
    dimension: 'write',
    points: 7,
    message: 'makes the database run commands or reach files',
    opaque: true,
    matches: ["psql -c '\\! id'", "sqlite3 a '.shell id'", 'mysql -e "select 1 into outfile \'/tmp/a\'"'],
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
    when: not(asksOnly),
    dimension: 'network',
    points: 4,
    message: 'copies whole databases out or in',
    matches: ['pg_dump prod', 'mysqldump --all-databases'],
    not_matches: ['pg_dump --version'],
  },
  {
    id: 'asks-message-broker',
    programs:
      'kafka-topics kafka-consumer-groups kafka-acls kafka-configs kafka-console-producer kafka-console-consumer kafka-broker-api-versions rabbitmqctl rabbitmqadmin nats redis-benchmark mosquitto_pub mosquitto_sub pulsar-admin kcat kafkacat amqp-publish',
    dimension: 'network',
    points: 3,
    message: 'talks to a message broker',
    matches: ['kafka-topics --list', 'nats stream info A'],
    not_matches: ['psql --version'],
  },
];
