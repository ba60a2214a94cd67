alter table characters drop column ignores;
alter table reports drop column heard;
