alter table items drop column personal;
