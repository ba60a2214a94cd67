-- Since when a character follows channels: a client's word for its position counts no further back than this.
alter table characters
    add column arrival   text not null default '',      -- location, epoch, offset: where the location's channel stood on arrival there
    add column beginning text not null default '';      -- epoch, offset: where game:broadcast stood when the character first woke
