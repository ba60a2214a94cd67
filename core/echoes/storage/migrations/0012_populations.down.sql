alter table timers alter column version set default 1;
drop sequence timer_versions;
alter table content_entries add constraint content_entries_kind_check check (kind in ('start', 'location', 'item', 'npc', 'loot')) not valid;
