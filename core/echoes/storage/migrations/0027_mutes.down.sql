alter table characters drop column muted_speech;
alter table accounts drop column muted_speech;
