-- needs: 0011
-- Operators: accounts with a role, and the secret of their second factor (TOTP, base32). Of each code the time step is kept, so that no code is accepted twice.
create table operators (
    account_id bigint primary key references accounts on delete cascade,
    role       text not null check (role in ('viewer', 'moderator', 'admin')),
    secret     text not null,
    last_step  bigint not null default 0,
    since      timestamptz not null default now()
);

-- Their sign-ins. A token of an operator is valid for as long as its row is here.
create table operator_sessions (
    id         bigint generated always as identity primary key,
    account_id bigint not null references operators on delete cascade,
    expires    timestamptz not null
);
create index operator_sessions_account on operator_sessions (account_id);

-- Whom an operator's action concerned, and why it was done. An entry outlives the account and the character.
alter table audit
    add column account_id   bigint,
    add column character_id bigint,
    add column reason       text not null default '';
create index audit_account on audit (account_id, id) where account_id is not null;
create index audit_character on audit (character_id, id) where character_id is not null;

-- The addresses from which a character's sessions came: one row for each address and hour, so that a client that reconnects all the time adds none.
create table visits (
    character_id bigint not null references characters on delete cascade,
    address      text not null,                         -- of IPv6 the network of 64 bits
    hour         timestamptz not null,
    first        timestamptz not null default now(),
    last         timestamptz not null default now(),
    entries      integer not null default 1,            -- sessions that began in that hour
    worker       text not null,                         -- of the last one
    primary key (character_id, address, hour)
);
create index visits_address on visits (address);
create index visits_hour on visits (hour);

-- Until when an account may not sign in (Unix seconds, 0: it may), what its player reads, and the operator. Mutes likewise.
alter table accounts
    add column banned_until double precision not null default 0,
    add column ban_notice   text not null default '',
    add column banned_by    text not null default '',
    add column muted_until  double precision not null default 0,
    add column mute_notice  text not null default '',
    add column muted_by     text not null default '';
-- A character's row has its account's mute: each command reads the row anyway.
alter table characters
    add column muted_until double precision not null default 0,
    add column mute_notice text not null default '';

-- Why sign-ins end: '' (the player ended them), 'ban', or 'kick', which ends the connections of the moment and no sign-in.
alter table revocations
    add column cause  text not null default '',
    add column notice text not null default '',
    add column until  double precision not null default 0;

-- What operators note about an account.
create table notes (
    id         bigint generated always as identity primary key,
    account_id bigint not null references accounts on delete cascade,
    at         timestamptz not null default now(),
    operator   text not null,
    text       text not null
);
create index notes_account on notes (account_id, id);

-- What operators decided on a report.
alter table reports
    add column decided    timestamptz,
    add column decided_by text not null default '',
    add column decision   text not null default '';
create index reports_open on reports (id) where decided is null;

-- Where each thing went: from an owner to another one (`items.owner`). Empty: it came into the world or left it, or joined another stack or was parted
-- from one. The ledger has sums alone; this answers where a thing is, or how it was lost.
create table transfers (
    id           bigint generated always as identity primary key,
    at           timestamptz not null default now(),
    character_id bigint,                                -- the actor; null: a timer
    item_id      bigint not null,
    template     text not null,
    quantity     integer not null,
    source       text not null default '',
    target       text not null default '',
    reason       text not null default ''               -- of the ledger's entry for the same commit, where there is one
);
create index transfers_item on transfers (item_id, id);
create index transfers_source on transfers (source, id) where source like 'character:%';
create index transfers_target on transfers (target, id) where target like 'character:%';
