-- needs: 0011
-- What dialogues have noted about a character, and where it stands in a conversation.
alter table characters add column flags text[] not null default '{}';
alter table characters add column conversation text not null default '';
-- Dialogues are content; the kinds of content are a table of the server (`echoes.world.kinds`).
alter table content_entries drop constraint if exists content_entries_kind_check;
