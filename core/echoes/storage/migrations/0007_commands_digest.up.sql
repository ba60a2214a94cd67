-- What each command on record said: the same number (or Idempotency-Key) with another command is refused. Empty: an older release wrote the row.
alter table commands add column digest text not null default '';
-- `functions.sql` makes it anew with one more argument, which workers of the older release may leave out.
drop function if exists echoes_commit(bigint, bigint, text, bigint, text, text, jsonb, jsonb, boolean);
