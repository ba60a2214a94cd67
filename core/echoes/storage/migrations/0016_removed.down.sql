drop trigger characters_removed on characters;
drop function characters_removed();
