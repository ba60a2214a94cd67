-- needs: 0001
create table deaths (
    character_id bigint primary key,
    number       integer not null,
    last_fact    bigint not null    -- the newest fact that was counted
);
