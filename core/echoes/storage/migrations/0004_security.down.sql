drop table audit;
drop table attempts;
alter table world drop column revocations;
drop table revocations;
alter table accounts drop column token_generation;
