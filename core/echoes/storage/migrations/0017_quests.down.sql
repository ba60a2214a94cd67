alter table characters drop column quests;
