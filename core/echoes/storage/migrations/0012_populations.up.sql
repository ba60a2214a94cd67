-- needs: 0011
-- The kinds of content are a table of the server (`echoes.world.kinds`): a new kind needs no migration.
alter table content_entries drop constraint content_entries_kind_check;

-- A timer's version never comes again, also when the timer was disarmed and armed anew: its occurrences and their events have it as their key.
create sequence timer_versions start 1000000000;
alter table timers alter column version set default nextval('timer_versions');
update timers set version = nextval('timer_versions');
