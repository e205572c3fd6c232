#!/bin/sh
# Makes the database on an empty volume, as the hub's image does from the same variables, and becomes the server.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # shellcheck disable=SC2086 # the arguments are words
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single postgres >/dev/null
fi
exec "$@" -c listen_addresses='*'
