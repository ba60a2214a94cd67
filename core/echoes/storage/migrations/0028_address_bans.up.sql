-- needs: 0011
-- Address ranges from which no player signs in or plays, until when (Unix seconds), and the operator's words.
create table address_bans (
    id       bigint generated always as identity primary key,
    at       timestamptz not null default now(),
    network  cidr not null unique,
    until    double precision not null,
    notice   text not null,
    operator text not null
);
-- Grows with each change of that table: every worker then reads it again.
alter table world add column address_bans bigint not null default 0;
