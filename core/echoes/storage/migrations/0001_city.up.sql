-- The city: who lives in it, what there is, and what has been done.

create table world (
    only_row         boolean primary key default true check (only_row),
    cache_generation bigint not null default 1,
    postmaster       timestamptz not null default pg_postmaster_start_time(),
    content          text not null default '',          -- version of the game data last placed here
    made             timestamptz                        -- when the first things were laid out
);
insert into world default values;

create table accounts (
    id            bigint generated always as identity primary key,
    username      text not null,
    username_key  text not null unique,                 -- folded: how it is looked up
    password_hash text not null,
    created       timestamptz not null default now()
);

-- A character is owned by this row: sessions, caches, hubs and registries are projections of it.
create table characters (
    id          bigint generated always as identity primary key,
    account_id  bigint not null references accounts,
    name        text not null,
    skeleton    text not null unique,                   -- what the name looks like: no two alike
    version     bigint not null default 1,
    epoch       bigint not null default 0,              -- fencing token of the session that may write
    location_id text not null,
    hp          integer not null check (hp between 0 and max_hp),
    max_hp      integer not null check (max_hp > 0),
    stamina     double precision not null check (stamina between 0 and max_stamina),
    max_stamina integer not null check (max_stamina > 0),
    stamina_at  double precision not null default extract(epoch from clock_timestamp()),
    resting     boolean not null default false,
    level       integer not null default 1 check (level > 0),
    xp          integer not null default 0 check (xp >= 0),
    scrap       bigint not null default 0 check (scrap >= 0),
    explored    text[] not null default '{}',
    created     timestamptz not null default now()
);
create index characters_account on characters (account_id);

-- One row is one thing or one stack, and has one owner.
create table items (
    id         bigint primary key check (id between 1 and 9007199254740991),
    version    bigint not null default 1,
    template   text not null,
    quantity   integer not null check (quantity > 0),
    durability integer check (durability >= 0),
    owner      text not null check (owner ~ '^(character|location|npc|container):.')
);
create index items_owner on items (owner);

create table equipment (
    character_id bigint not null references characters,
    slot         text not null,
    item_id      bigint not null unique references items,
    primary key (character_id, slot)
);

-- The ground of a location; its version rises with whatever happens to what lies there.
create table places (
    location_id text primary key,
    version     bigint not null default 1
);

-- When a searched thing has something in it again.
create table searches (
    location_id text not null,
    thing       text not null,
    ready_at    double precision not null,
    primary key (location_id, thing)
);

-- What has been done: the answer to a command sent twice, and the events that must still go out.
create table commands (
    character_id bigint not null references characters,
    client       text not null,
    number       bigint not null check (number between 1 and 9007199254740991),
    reply        text not null,
    events       text not null,
    published    boolean not null default false,
    created      timestamptz not null default now(),
    primary key (character_id, client, number)
);
create index commands_unpublished on commands (created) where not published;
create index commands_created on commands (created);

-- Every thing that came into the world or left it: the sums over it and over items are equal.
create table ledger (
    id           bigint generated always as identity primary key,
    at           timestamptz not null default now(),
    character_id bigint,
    template     text not null,
    quantity     integer not null check (quantity <> 0),
    reason       text not null
);
