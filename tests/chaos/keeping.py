"""Keep each change of a run in PostgreSQL: triggers write it down with its transaction, and `kept` reads it at the end.

A row forgets: a client's commands leave the record, a version says nothing of the command or timer that made it, a fight's row has its last round.
A transaction of the game is one command (`echoes_commit`) or one timer that happened (`echoes_happen`): the origin of its changes.
"""

import json
from collections.abc import AsyncIterator

import asyncpg
import msgspec
from chaos.history import FightVersion, Fought, Kept, Overdue
from echoes.world.combat import Fight

PORTION = 5000
"""Rows in one record of the history."""
KEEP = """
create table if not exists chaos_commands (
  character_id bigint, client text, number bigint, reply text, created timestamptz, transaction xid8 default pg_current_xact_id());
create index if not exists chaos_commands_created on chaos_commands (created);
create or replace function chaos_keep() returns trigger language plpgsql as
  'begin
     insert into chaos_commands values (new.character_id, new.client, new.number, new.reply, new.created); return null;
   end';
create or replace trigger chaos_keep after insert on commands for each row execute function chaos_keep();

create table if not exists chaos_ticks (subject text, version bigint, due_at double precision, at double precision);
create or replace function chaos_tick() returns trigger language plpgsql as
  'begin insert into chaos_ticks values (old.subject, old.version, old.due_at, extract(epoch from clock_timestamp())); return null; end';
create or replace trigger chaos_tick after update on timers for each row
  when (old.kind = 'chaos.tick' and old.version <> new.version) execute function chaos_tick();

create table if not exists chaos_happened (
  n bigint generated always as identity, transaction xid8, kind text, subject text, version bigint, due_at double precision, at double precision);
create or replace function chaos_happen() returns trigger language plpgsql as
  'declare stack text;
   begin
     get diagnostics stack = pg_context;
     if substring(stack from ''PL/pgSQL function (echoes_[a-z]+)'') = ''echoes_happen''
         or (tg_op = ''DELETE'' and stack like ''%echoes_happen%'' and old.due_at <= extract(epoch from clock_timestamp())) then
       insert into chaos_happened (transaction, kind, subject, version, due_at, at)
         values (pg_current_xact_id(), old.kind, old.subject, old.version, old.due_at, extract(epoch from clock_timestamp()));
     end if;
     return null;
   end';
create or replace trigger chaos_happen after update or delete on timers for each row
  when (old.kind not like 'chaos.%') execute function chaos_happen();

create table if not exists chaos_versions (
  n bigint generated always as identity, transaction xid8, character_id bigint, version bigint, location_id text, at double precision);
create or replace function chaos_version() returns trigger language plpgsql as
  'begin
     insert into chaos_versions (transaction, character_id, version, location_id, at)
       values (pg_current_xact_id(), new.id, new.version, new.location_id, extract(epoch from clock_timestamp()));
     return null;
   end';
create or replace trigger chaos_version after update on characters for each row
  when (old.version <> new.version) execute function chaos_version();

create table if not exists chaos_things (n bigint generated always as identity, id bigint, version bigint, at double precision);
create or replace function chaos_thing() returns trigger language plpgsql as
  'begin
     insert into chaos_things (id, version, at)
       values (old.id, case tg_op when ''DELETE'' then old.version + 1 else new.version end, extract(epoch from clock_timestamp()));
     return null;
   end';
create or replace trigger chaos_thing after update or delete on items for each row execute function chaos_thing();

create table if not exists chaos_fights (
  n bigint generated always as identity, transaction xid8, id bigint, version bigint, at double precision, until double precision, over boolean, fight jsonb);
create or replace function chaos_fight() returns trigger language plpgsql as
  'begin
     insert into chaos_fights (transaction, id, version, at, until, over, fight)
       values (pg_current_xact_id(), new.id, new.version, extract(epoch from clock_timestamp()), new.until, new.over, new.fight - ''history'');
     return null;
   end';
create or replace trigger chaos_fight after insert or update on combats for each row execute function chaos_fight();
"""
"""A timer that has happened is armed again or deleted by `echoes_happen`, or has been deleted by its own changes: a death by an effect ends its timer."""
KEPT = {
    "versions": "select transaction::text::bigint, character_id, version, location_id, at from chaos_versions order by n",
    "things": "select id, version, at from chaos_things order by n",
    "commands": "select transaction::text::bigint, character_id, client, number from chaos_commands",
    "timers": "select transaction::text::bigint, kind, subject, version, due_at, at from chaos_happened order by n",
    "facts": """select xid::text::bigint, character_id, type, body from facts
      where character_id is not null and (type like 'quest%'
        or type in ('took', 'gave', 'killed', 'talked', 'searched', 'survived', 'used', 'handled', 'died')) order by id""",
    "fights": "select transaction::text::bigint, id, version, at, until, over, fight from chaos_fights order by n",
}
FOUGHT = "select id, over, fight from combats"
FIGHTING = """
with fights as (select id, until, fight from combats where not over),
  fighters as (select o.id as fight, f ->> 'id' as fighter from fights o, jsonb_array_elements(o.fight -> 'fighters') f)
select format('character:%s is in fight %s, which is over or does not have it', c.id, c.combat) from characters c
  where c.combat <> 0 and not exists (select from fighters f where f.fight = c.combat and f.fighter = 'character:' || c.id)
union all
select format('npc:%s is in fight %s, which is over or does not have it', n.id, n.state ->> 'fight') from npcs n
  where n.state ->> 'fight' is not null
    and not exists (select from fighters f where f.fight = (n.state ->> 'fight')::bigint and f.fighter = 'npc:' || n.id)
union all
select format('fight %s has %s, which is gone or not in it', f.fight, f.fighter) from fighters f
  where f.fighter like 'npc:%' and not exists (
    select from npcs n where 'npc:' || n.id = f.fighter and n.state ->> 'fight' = f.fight::text)
union all
select format('fight %s has no timer', o.id) from fights o
  where not exists (select from timers t where t.kind = 'combat_round' and t.subject = 'combat:' || o.id)
"""
LATE_FIGHTS = "select id, late from (select id, extract(epoch from clock_timestamp())::float8 - until as late from combats where not over) o where late > $1"
LATE_TIMERS = """select kind || ' ' || subject, late
  from (select kind, subject, extract(epoch from clock_timestamp())::float8 - due_at as late from timers) o where late > $1"""
_fight = msgspec.json.Decoder(Fight).decode


async def look(connection: asyncpg.Connection, late: float, *, final: bool = False) -> Overdue:
    """Look at fights and timers. What is late by more than `late` seconds is in the answer."""
    return Overdue(
        wrong=[row[0] for row in await connection.fetch(FIGHTING)],
        fights=[tuple(row) for row in await connection.fetch(LATE_FIGHTS, late)],
        timers=[tuple(row) for row in await connection.fetch(LATE_TIMERS, late)],
        final=final,
    )


async def kept(connection: asyncpg.Connection) -> AsyncIterator[Kept | Fought]:
    """Yield everything, in portions. The connection is in a transaction."""
    for name, sql in KEPT.items():
        rows: list[object] = []
        async for row in connection.cursor(sql, prefetch=1000):
            rows.append(_read(name, tuple(row)))
            if len(rows) == PORTION:
                yield Kept(**{name: rows})
                rows = []
        if rows:
            yield Kept(**{name: rows})
    async for row in connection.cursor(FOUGHT, prefetch=100):
        yield Fought(id=row["id"], over=row["over"], fight=_fight(row["fight"]))


def _read(name: str, row: tuple) -> object:
    if name == "fights":
        return FightVersion(*row[:-1], _fight(row[-1]))
    return (*row[:-1], json.loads(row[-1])) if name == "facts" else row
