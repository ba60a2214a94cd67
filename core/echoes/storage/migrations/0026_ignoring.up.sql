-- needs: 0011
-- The characters whose speech a character does not get, the newest last. The command that adds one bounds them.
alter table characters add column ignores bigint[] not null default '{}';
-- The last lines that the reporter had got: a JSON array of {at, kind, sender_id, sender, message}.
alter table reports add column heard jsonb not null default '[]';
create index reports_heard on reports (at) where heard <> '[]';
