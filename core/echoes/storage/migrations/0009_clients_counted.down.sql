drop index commands_clients;
alter table commands drop column client_ordinal;
