-- needs: 0011
-- What traders have: so many of an item at a moment, from which it drifts back to the usual stock. No row: the usual stock.
create table stocks (
    npc      text not null,
    item     text not null,
    version  bigint not null default 1,
    quantity integer not null check (quantity >= 0),
    at       double precision not null,                 -- Unix seconds by PostgreSQL's clock
    primary key (npc, item)
);
create index stocks_at on stocks (at);
