alter table places drop column open;
alter table world drop column content_number, drop column cache_drops;
drop table cache_drops, content_entries, content;
