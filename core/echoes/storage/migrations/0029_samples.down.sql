drop table samples;
alter table world drop column samplings;
drop table samplings;
