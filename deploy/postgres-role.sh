#!/bin/sh
# Runs once in the container of PostgreSQL, when its data folder is made (compose.yml): the role and the database of the server.
# The role is no superuser: it owns its database, which is all that it needs (docs/operations.md, Which PostgreSQL, and which rights).
# The superuser has no password afterwards, so that it cannot sign in over the network: docker compose exec postgres psql -U postgres
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password POSTGRES_PASSWORD
CREATE ROLE echoes LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE echoes OWNER echoes ENCODING 'UTF8' TEMPLATE template0;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
