-- needs: 0011
-- Attributes of characters; the points that are left to spend follow from the level (`echoes.world.growth.points`).
alter table characters
    add column strength  integer not null default 5 check (strength between 1 and 20),
    add column agility   integer not null default 5 check (agility between 1 and 20),
    add column endurance integer not null default 5 check (endurance between 1 and 20),
    add column intellect integer not null default 5 check (intellect between 1 and 20);

-- What a character has done, counted from its facts in the transaction that records them.
create table statistics (
    character_id bigint primary key references characters on delete cascade,
    kills        bigint not null default 0,
    deaths       bigint not null default 0,
    distance     bigint not null default 0,             -- walked exits
    finds        bigint not null default 0              -- pieces found by searching
);
