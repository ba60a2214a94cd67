create index items_owner on items (owner);
drop index items_lying;
alter table items drop column laid;
alter table characters drop column arrival, drop column beginning;
