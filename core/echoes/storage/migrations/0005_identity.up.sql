-- needs: 0004
-- Which database this is, and which of its lives: a backup that is brought back must not be taken for what was lost.
alter table world
    add column identity    text not null default gen_random_uuid()::text,  -- another one after each restore; tokens and caches name it
    add column incarnation text not null default '',                       -- PostgreSQL's cluster, timeline, database and table when this row was last written
    add column restored    timestamptz;                                    -- when the identity last changed; null: never

-- The account's own random part of its tokens: another account that gets the same id after a restore has another one.
alter table accounts add column mark text not null default replace(gen_random_uuid()::text, '-', '');
