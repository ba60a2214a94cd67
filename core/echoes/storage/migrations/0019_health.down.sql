drop trigger characters_health on characters;
drop function health_moment();
alter table characters drop column hp_at;
