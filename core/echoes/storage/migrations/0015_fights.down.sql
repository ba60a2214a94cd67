drop table corpses, combats;
alter table items drop column label;
alter table characters drop column combat;
