-- needs: 0013
-- The quests that a character is on: id to [steps reached, count within the step]. A quest that is done is a flag, `quest.<id>`.
alter table characters add column quests jsonb not null default '{}';
