-- needs: 0004
-- Which client of its character a record belongs to, counted as they came, and apart for those over HTTP with a key: only the newest stay on record.
-- Null: an older release wrote the row.
alter table commands add column client_ordinal bigint;
create index commands_clients on commands (character_id, (client like 'http:%'), client_ordinal) where client_ordinal is not null;
