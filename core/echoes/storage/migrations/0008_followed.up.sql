-- needs: 0004
-- Since when a character follows channels: a client's word for its position counts no further back than this.
alter table characters
    add column arrival   text not null default '',      -- location, epoch, offset: where the location's channel stood on arrival there
    add column beginning text not null default '';      -- epoch, offset: where game:broadcast stood when the character first woke

-- Since when a thing has lain on the ground: the oldest litter decays. Null for what the content has laid out, which belongs to the place.
alter table items add column laid timestamptz default now();
update items set laid = null where version = 1 and owner like 'location:%';
create index items_lying on items (owner, laid, id);
drop index items_owner;                                 -- the one above begins with the owner, too

-- `functions.sql` makes it anew with more to answer.
drop function if exists echoes_commit(bigint, bigint, text, bigint, text, text, jsonb, jsonb, boolean, text);
