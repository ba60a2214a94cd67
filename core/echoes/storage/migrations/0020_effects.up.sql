-- needs: 0011
-- What bleeds, burns or warms a character: a JSON array of `echoes.world.effects.Lasting`.
alter table characters add column effects jsonb not null default '[]' check (jsonb_typeof(effects) = 'array' and jsonb_array_length(effects) <= 16);
