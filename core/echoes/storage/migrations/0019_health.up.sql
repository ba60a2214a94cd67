-- needs: 0011
-- Health returns by itself: `hp` was true at `hp_at` (Unix seconds). The server computes what it is now.
alter table characters add column hp_at double precision not null default 0;

-- A statement that changes hit points without saying when, of an older release or an operator, means now. So does the beginning or end of a fight.
create function health_moment() returns trigger language plpgsql as $$
begin
    new.hp_at := extract(epoch from clock_timestamp());
    return new;
end $$;
create trigger characters_health before update on characters for each row
    when (new.hp_at = old.hp_at and (new.hp, new.combat) is distinct from (old.hp, old.combat)) execute function health_moment();
