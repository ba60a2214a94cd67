alter table accounts drop column mark;
alter table world drop column identity, drop column incarnation, drop column restored;
