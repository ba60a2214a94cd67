drop table statistics;
alter table characters drop column strength, drop column agility, drop column endurance, drop column intellect;
