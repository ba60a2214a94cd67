alter table characters drop column effects;
