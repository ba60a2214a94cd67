-- needs: 0011
-- Each time that a content came into force: by the `files` of a server, a `push`, or on the way `back` to a former one; the operator and why.
create table content_activations (
    number   bigint primary key,
    version  text not null,
    at       timestamptz not null default now(),
    source   text not null default '',
    operator text not null default '',
    reason   text not null default ''
);
create index content_activations_version on content_activations (version, number);
insert into content_activations (number, version, at, source)
    select w.content_number, w.content, c.seen, c.source from world w join content c on c.version = w.content;

-- So an activation of an older release has its row, too.
create function content_activated() returns trigger language plpgsql as $$
begin
    insert into content_activations (number, version, source)
        values (new.content_number, new.content, coalesce((select source from content where version = new.content), ''))
        on conflict (number) do update set version = excluded.version, at = excluded.at, source = excluded.source, operator = '', reason = '';
    return null;
end $$;
create trigger world_content after update of content_number on world for each row
    when (new.content_number <> old.content_number) execute function content_activated();
