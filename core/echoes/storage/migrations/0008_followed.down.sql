alter table characters drop column arrival, drop column beginning;
