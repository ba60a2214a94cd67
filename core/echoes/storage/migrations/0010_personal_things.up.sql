-- needs: 0004
-- What a new character wakes with is its own: it is used and worn, and neither dropped nor given. What is there already stays as it is.
alter table items add column personal boolean not null default false;
