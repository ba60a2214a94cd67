alter table places drop column npc_version;
drop table npcs, observers, facts, occurrences, timer_parts, timers;
