alter table world drop column address_bans;
drop table address_bans;
