alter table commands drop column digest;
