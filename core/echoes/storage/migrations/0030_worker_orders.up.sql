-- needs: 0011
-- Orders of operators to workers: to be replaced, to drain, to roll. `worker` is empty where an order is for every server.
-- From `until` on (Unix seconds) no worker takes it.
create table worker_orders (
    number   bigint primary key,
    at       timestamptz not null default now(),
    action   text not null,
    worker   text not null,
    operator text not null,
    until    double precision not null
);
create index worker_orders_at on worker_orders (at);
-- A server (a supervisor with its workers) that carries out an order, once: which of its workers took it, until when it may last (Unix
-- seconds), and the outcome (empty: it is not over).
create table worker_order_steps (
    number  bigint not null references worker_orders on delete cascade,
    server  text not null,
    worker  text not null,
    at      timestamptz not null default now(),
    until   double precision not null,
    outcome text not null default '',
    primary key (number, server)
);
-- The newest order's number: every worker then reads what is open.
alter table world add column worker_orders bigint not null default 0;
