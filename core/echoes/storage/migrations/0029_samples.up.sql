-- needs: 0011
-- The characters whose commands are sampled, until when (Unix seconds), and the operator.
create table samplings (
    character_id bigint primary key references characters on delete cascade,
    until        double precision not null,
    operator     text not null
);
-- Grows with each change of that table: every worker then reads it again.
alter table world add column samplings bigint not null default 0;

-- Sampled commands: `steps` is a JSON array of {name, after, seconds}, in seconds from the beginning of the command.
create table samples (
    id             bigint generated always as identity primary key,
    at             timestamptz not null default now(),
    character_id   bigint not null,
    correlation_id text not null,
    command        text not null,
    outcome        text not null,
    seconds        double precision not null,
    worker         text not null,
    steps          jsonb not null
);
create index samples_character on samples (character_id, id);
create index samples_at on samples (at);
