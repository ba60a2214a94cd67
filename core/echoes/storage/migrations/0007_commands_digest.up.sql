-- needs: 0004
-- What each command on record said: the same number (or Idempotency-Key) with another command is refused. Empty: an older release wrote the row.
alter table commands add column digest text not null default '';
