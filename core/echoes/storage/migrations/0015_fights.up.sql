-- needs: 0014
-- Fights: one row each, with everything that its next round and its replay need. One fight at a time in a location.
create table combats (
    id          bigint primary key check (id between 1 and 9007199254740991),
    location_id text not null,
    version     bigint not null default 1,
    until       double precision not null,              -- Unix seconds: then the round ends without the choices that are missing
    fight       jsonb not null,                         -- `echoes.world.combat.Fight`
    over        boolean not null default false,
    changed     timestamptz not null default clock_timestamp()
);
create unique index combats_location on combats (location_id) where not over;
create index combats_over on combats (changed) where over;

alter table characters add column combat bigint not null default 0;     -- the fight that it is in, or 0

-- The remains of a character are a thing on the ground; what it carried is inside (`items.owner` is `container:<id>`).
alter table items add column label text not null default '';            -- a name behind that of its template: whose remains they are
create table corpses (
    item_id      bigint primary key,
    character_id bigint not null,
    open_at      double precision not null              -- Unix seconds: from then on every player may take from it
);
