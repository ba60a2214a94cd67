#!/bin/sh
# Creates the role and the database of the server. Runs once in the container of PostgreSQL, when its data folder is created (compose.yml).
# The role is no superuser: it needs no more than to own its database (docs/operations.md, Which PostgreSQL, and which rights).
# Afterwards the superuser has no password, so it cannot sign in over the network. Use: docker compose exec postgres psql -U postgres
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password POSTGRES_PASSWORD
CREATE ROLE echoes LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE echoes OWNER echoes ENCODING 'UTF8' TEMPLATE template0;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
