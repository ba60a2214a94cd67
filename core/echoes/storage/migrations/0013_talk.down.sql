alter table characters drop column flags, drop column conversation;
