-- needs: 0011
-- What players report of others. Names stand for themselves: a report outlives the characters.
create table reports (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default now(),
    account_id  bigint not null,                            -- of the reporter
    reporter    text not null,
    reported_id bigint not null,
    reported    text not null,
    location_id text not null,                              -- where the reporter was
    reason      text not null check (length(reason) between 1 and 1000)
);
create index reports_account on reports (account_id, at);
