#!/bin/sh
# Backs the game's database up, and restores it (docs/deploying.md, Backups). compose.yml and the CronJobs of Kubernetes run it.
#   backup.sh once            makes a backup now
#   backup.sh nightly         makes a backup every night, and at once when the newest one is older than a day
#   backup.sh check           fails when the newest backup is older than BACKUP_HOURS
#   backup.sh restore NAME    puts the database back as it was in this backup; `newest` names the newest one. Stop all servers first, and run
#                             `echoes restored` afterwards.
# DATABASE_URL names the database, or else libpq's variables do (PGHOST, PGUSER, PGDATABASE). PGPASSWORD or the file PGPASSWORD_FILE has the
# password. A backup is written to the end and read to the end before it gets its name; only then are old ones removed.
set -eu
umask 077
folder=${BACKUP_DIR:-/var/lib/postgresql/backups}
days=${BACKUP_DAYS:-14}
at=${BACKUP_AT:-03:17}
database=${DATABASE_URL:-dbname=${PGDATABASE:-echoes}}
if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$PGPASSWORD_FILE")
  export PGPASSWORD
fi

newest() {
  find "$folder" -name 'echoes-*.dump' | sort | tail -n 1
}

younger_than() {
  [ -n "$(find "$folder" -name 'echoes-*.dump' -mmin -"$(($1 * 60))")" ]
}

once() {
  mkdir -p "$folder"
  rm -f "$folder"/unfinished-*
  name=$(date -u +%Y%m%dT%H%M%SZ)
  unfinished=$folder/unfinished-$name
  pg_dump --format=custom --no-password --lock-wait-timeout=60s --file="$unfinished" --dbname="$database"
  pg_restore --file=/dev/null "$unfinished"
  mv "$unfinished" "$folder/echoes-$name.dump"
  find "$folder" -name 'echoes-*.dump' -mtime +"$days" -exec rm -f {} +
  echo "made echoes-$name.dump, $(wc -c <"$folder/echoes-$name.dump") bytes"
}

seconds_until() {
  hours=${1%%:*}
  minutes=${1##*:}
  echo $(((${hours#0} * 3600 + ${minutes#0} * 60 + 86400 - $(date -u +%s) % 86400 - 1) % 86400 + 1))
}

nightly() {
  trap 'exit 0' TERM INT
  mkdir -p "$folder"
  younger_than 24 || seconds=0
  while :; do
    sleep "${seconds:-$(seconds_until "$at")}" &
    wait $!
    seconds=
    # As a program of its own, because `set -e` has no effect in a function that `if` calls.
    if ! sh "$0" once; then
      echo "the backup failed; the next attempt is in five minutes" >&2
      seconds=300
    fi
  done
}

# Removes the objects of the role in the schema public, and the schemas that it owns. A database that a newer release has migrated has objects
# that the backup does not know; they would be in the way of the next migration. All statements are made before the first one runs.
empty() {
  cat <<'SQL'
set local client_min_messages = warning;
do $$
declare
  statement text;
  statements text[] := array(
    select format('drop schema %I cascade', nspname) from pg_namespace where nspowner = current_user::regrole and nspname !~ '^(pg_.*|information_schema|public)$'
    union all
    select format('drop %s if exists public.%I cascade', case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, relname)
      from pg_class where relnamespace = 'public'::regnamespace and relowner = current_user::regrole and relkind in ('r', 'p', 'v', 'm', 'S')
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype in ('a', 'i')) -- of a column
    union all
    select format('drop routine if exists %s cascade', oid::regprocedure)
      from pg_proc where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
    union all
    select format('drop type if exists public.%I cascade', typname)
      from pg_type where typnamespace = 'public'::regnamespace and typowner = current_user::regrole and typtype in ('d', 'e', 'r')
  );
begin
  foreach statement in array statements loop
    execute statement;
  end loop;
end $$;
SQL
}

# In one transaction: without the last line, `commit`, nothing has changed.
restore() {
  backup=$folder/$1
  [ "$1" != newest ] || backup=$(newest)
  if [ ! -f "$backup" ]; then
    echo "there is no backup $1 in $folder; it has: $(ls "$folder")" >&2
    exit 1
  fi
  pg_restore --file=/dev/null "$backup"
  {
    echo 'begin;'
    empty
    pg_restore --no-owner --no-privileges --file=- "$backup" && printf '\ncommit;\n\\echo restored\n'
  } | psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --dbname="$database" | tail -n 1 | grep -qx restored
  echo "restored ${backup##*/}; now run: echoes restored"
}

case ${1:-} in
  once) once ;;
  nightly) nightly ;;
  check) younger_than "${BACKUP_HOURS:-26}" ;;
  restore) restore "${2:?name a backup, or newest}" ;;
  *)
    echo "usage: backup.sh once | nightly | check | restore NAME" >&2
    exit 2
    ;;
esac
