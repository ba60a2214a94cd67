-- Who is signed in, who tries to be, and what operators did.

-- Tokens carry their account's generation; those of an older one are no longer good.
alter table accounts add column token_generation bigint not null default 0;

-- Sign-ins that were ended everywhere, in the order in which every worker learns of them.
create table revocations (
    number     bigint primary key,
    account_id bigint not null references accounts,
    generation bigint not null,                         -- the least that is good from now on
    at         timestamptz not null default now()
);
alter table world add column revocations bigint not null default 0;    -- the newest one's number

-- Attempts to sign in, by account and address and by address alone. Lost in a crash of PostgreSQL, which does no harm.
create unlogged table attempts (
    key   text primary key,
    level double precision not null,                    -- how many count now
    at    double precision not null,                    -- when that was true, Unix seconds
    until double precision not null                     -- no further attempt before
);
create index attempts_at on attempts (at);

-- What operators did.
create table audit (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default clock_timestamp(),
    who     text not null,                              -- the account of the operating system, and the machine
    action  text not null,
    details jsonb not null default '{}'
);
