-- needs: 0004
-- The world in time: timers that happen once, what they did, the facts of every commit, and the people of the city who are no players.

-- One timer a kind and subject. Its rule runs when it is due; `echoes_happen` applies what the rule decides only while `version` is the same.
create table timers (
    kind     text not null,
    subject  text not null,                             -- whom or what it concerns: 'npc:7', 'location:kiln_yard', ...
    due_at   double precision not null,                 -- Unix seconds by PostgreSQL's clock
    version  bigint not null default 1,                 -- rises each time it happens or is armed anew
    payload  jsonb not null default '{}',
    seed     bigint not null default (random() * 9007199254740991)::bigint,    -- the dice of its rule
    failures integer not null default 0,                -- how often in a row its rule has failed
    part     smallint generated always as (('x' || left(md5(subject), 1))::bit(4)::integer::smallint) stored,   -- which of 16 parts works it
    primary key (kind, subject)
);
create index timers_due on timers (part, due_at);

-- Who works which part of the timers: for operators to see. The lease of the lock facility decides, and the timer's row makes it once.
create table timer_parts (
    part   smallint primary key check (part between 0 and 15),
    worker text not null,
    token  bigint not null,                             -- the lease's fencing token
    since  timestamptz not null default clock_timestamp()
);

-- What happened by a timer and has yet to be published: the outbox of timers, as `commands` is that of commands.
create table occurrences (
    kind      text not null,
    subject   text not null,
    version   bigint not null,
    events    text not null,
    published boolean not null default false,
    created   timestamptz not null default now(),
    primary key (kind, subject, version)
);
create index occurrences_unpublished on occurrences (created) where not published;
create index occurrences_created on occurrences (created);

-- Domain events, written by the commit whose they are. `xid` tells which are surely complete: all below the oldest transaction under way.
create table facts (
    id           bigint generated always as identity primary key,
    xid          xid8 not null default pg_current_xact_id(),
    at           timestamptz not null default clock_timestamp(),
    character_id bigint,                                -- whose it is; null where nobody acted
    type         text not null,
    body         jsonb not null default '{}'
);
create index facts_xid on facts (xid, id);
create index facts_at on facts (at);
create index facts_character on facts (character_id, id) where character_id is not null;

-- How far each observer of facts has read: everything below `low`, and of those from `low` to `high` up to `last`.
create table observers (
    name text primary key,
    low  xid8 not null,
    high xid8 not null,
    last bigint not null default 0
);

-- People and animals that are no players. The template is content.
create table npcs (
    id          bigint generated always as identity primary key,
    template    text not null,
    spawn       text not null default '',               -- which population of the content it belongs to
    location_id text not null,
    home        text not null,
    hp          integer not null check (hp >= 0),
    version     bigint not null default 1,
    state       jsonb not null default '{}'
);
create index npcs_location on npcs (location_id);
create index npcs_spawn on npcs (spawn);

-- The people of a location who are no players have a version, as its ground has.
alter table places add column npc_version bigint not null default 1;
