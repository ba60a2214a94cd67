-- needs: 0011
-- Deleting a character, by whatever statement, orders every worker to drop what it keeps of it and to end its session.
create function characters_removed() returns trigger language plpgsql as $$
declare
    v_removed bigint := (select count(*) from gone);
    v_last    bigint;
begin
    if v_removed > 0 then
        update world set cache_drops = cache_drops + v_removed returning cache_drops into v_last;
        insert into cache_drops (number, kind, id)
            select v_last + 1 - row_number() over (order by id), 'character', id::text from gone;
    end if;
    return null;
end $$;
create trigger characters_removed after delete on characters
    referencing old table as gone for each statement execute function characters_removed();
