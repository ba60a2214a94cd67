"""Sums over the whole game for operators: scrap, things, quests, content. Each query is bounded, by a number of rows or by the content."""

from collections.abc import Sequence

from msgspec import Struct

from echoes.storage.database import Database

NEWEST = 500_000
"""Rows of the ledger that the days of scrap are summed from: the newest."""
DAYS, MOST = 14, 20


class Version(Struct, frozen=True):
    """A version of the content that the database has: from the files of a server (`files`) or pushed (`push`), first seen then (UTC)."""

    version: str
    source: str
    seen: str
    in_force: bool


class Total(Struct, frozen=True):
    """Rows of a table, as PostgreSQL estimates them."""

    table: str
    rows: int


class NpcTotal(Struct, frozen=True):
    """NPCs of one population."""

    spawn: str
    number: int


class ScrapDay(Struct, frozen=True):
    """Scrap that came into the game and left it on one day (UTC)."""

    day: str
    made: int
    spent: int


class Rich(Struct, frozen=True):
    """A character with much scrap."""

    character_id: int
    name: str
    scrap: int


class Rare(Struct, frozen=True):
    """A kind of things of which there are few."""

    item: str
    number: int


class QuestStep(Struct, frozen=True):
    """Characters that are on one step of a quest; steps count from 1."""

    quest: str
    step: int
    characters: int


VERSIONS = """
select c.version, c.source, to_char(c.seen at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as seen, c.version = w.content as in_force
  from content c, world w order by c.seen desc limit $1
"""
TOTALS = """
select c.relname as table, greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))::bigint as rows from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname = any($1) order by 1
"""
NPCS = "select spawn, count(*)::int as number from npcs group by spawn order by spawn limit $1"
SCRAP_DAYS = """
with newest as materialized (select at, template, quantity from ledger where id > (select coalesce(max(id), 0) - $1 from ledger) and id > 0)
select to_char(date_trunc('day', at at time zone 'utc'), 'YYYY-MM-DD') as day, coalesce(sum(quantity) filter (where quantity > 0), 0)::bigint as made,
    coalesce(-sum(quantity) filter (where quantity < 0), 0)::bigint as spent
  from newest where template = 'scrap' and at > now() - $2 * interval '1 day' group by 1 order by 1 desc
"""
RICHEST = "select id as character_id, name, scrap from characters where scrap > 0 order by scrap desc, id limit $1"
RAREST = "select template as item, sum(quantity)::bigint as number from items group by template order by 2, 1 limit $1"
STEPS = """
select q.key as quest, (q.value ->> 0)::int + 1 as step, count(*)::int as characters
  from characters c, jsonb_each(c.quests) q where c.quests <> '{}' group by 1, 2 order by 1, 2 limit $1
"""


async def versions(database: Database) -> Sequence[Version]:
    """Return the versions of the content that the database has, newest first."""
    return [Version(**dict(row)) for row in await database.rows("census.versions", VERSIONS, 50)]


async def totals(database: Database) -> Sequence[Total]:
    """Return how many accounts, characters, NPCs and things there are."""
    tables = ["accounts", "characters", "items", "npcs"]
    return [Total(**dict(row)) for row in await database.rows("census.totals", TOTALS, tables)]


async def npcs(database: Database) -> Sequence[NpcTotal]:
    """Return the number of NPCs by population."""
    return [NpcTotal(**dict(row)) for row in await database.rows("census.npcs", NPCS, 500)]


async def scrap_days(database: Database) -> Sequence[ScrapDay]:
    """Return the scrap of the last days, newest first."""
    return [ScrapDay(**dict(row)) for row in await database.rows("census.scrap", SCRAP_DAYS, NEWEST, DAYS)]


async def richest(database: Database) -> Sequence[Rich]:
    """Return the characters with the most scrap. Reads all characters."""
    return [Rich(**dict(row)) for row in await database.rows("census.richest", RICHEST, MOST)]


async def rarest(database: Database) -> Sequence[Rare]:
    """Return the kinds of things of which there are the fewest. Reads all things."""
    return [Rare(**dict(row)) for row in await database.rows("census.rarest", RAREST, MOST)]


async def quest_steps(database: Database) -> Sequence[QuestStep]:
    """Return how many characters are on each step of each quest. Reads all characters."""
    return [QuestStep(**dict(row)) for row in await database.rows("census.steps", STEPS, 1000)]
