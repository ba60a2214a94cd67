-- Leases taken in PostgreSQL while the lock manager's backend is away. A lease only saves work: after a crash of PostgreSQL none is missed.
create unlogged table leases (
    name    text primary key,
    token   bigint not null,
    expires timestamptz not null
);
