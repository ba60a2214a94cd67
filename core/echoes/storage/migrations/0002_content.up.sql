-- The content that this database has met, each version whole and never changed; world.content names the one in force.
create table content (
    version text primary key,
    source  text not null,                              -- 'files' of a server, or 'push'
    seen    timestamptz not null default now()
);

-- One thing of a version: body is JSON as echoes.world.model has it.
create table content_entries (
    version text not null references content,
    kind    text not null check (kind in ('start', 'location', 'item', 'npc', 'loot')),
    id      text not null,
    body    text not null,
    primary key (version, kind, id)
);

-- Cached values that an operator does not believe; every worker carries each order out.
create table cache_drops (
    number bigint primary key,
    kind   text not null,
    id     text not null,
    at     timestamptz not null default now()
);

alter table world
    add column content_number bigint not null default 0,    -- grows with every activation, also of an older version
    add column cache_drops    bigint not null default 0;    -- the newest order's number

-- A location that the content no longer has is closed: nobody enters it and nothing is laid down there.
alter table places add column open boolean not null default true;

-- Milliseconds since 1970 from now on: a cache that outlives this database must not take another one's values for its own.
update world set cache_generation = greatest(cache_generation + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint);
