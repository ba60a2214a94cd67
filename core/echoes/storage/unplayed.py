"""Remove characters that were never played, and accounts without characters, after some days, a few at a time."""

import structlog
from msgspec import Struct

from echoes.storage.database import Database

log = structlog.get_logger()
LOOKED_AT, AT_ONCE = 5000, 100
"""Rows that one step reads, and the most that it removes."""
STEPS = 20
"""Most steps of a turn, for each table."""


class Step(Struct, frozen=True):
    """The number that one step has removed, and the id after which the next one continues. None at the end of the table."""

    removed: int
    after: int | None


OVERDUE = """
with looked as (select id, version, greatest(created, to_timestamp(epoch / 1e6)) as seen from characters where id > $1 order by id limit $2),
  overdue as (select id from looked where version = 1 and seen < now() - $3 * interval '1 day' order by id limit $4)
select (select count(*) from looked) as looked, (select max(id) from looked) as last, array(select id from overdue order by id) as ids
"""
"""A version of 1: no command of the character ever had an effect, and the character was never given a thing.

An epoch is the time of the last entrance, in microseconds since 1970.
"""
IDLE = """
with looked as (select id, created from accounts where id > $1 order by id limit $2),
  idle as (select id from looked l where created < now() - $3 * interval '1 day'
    and not exists (select from characters c where c.account_id = l.id) and not exists (select from revocations r where r.account_id = l.id)
    order by id limit $4)
select (select count(*) from looked) as looked, (select max(id) from looked) as last, array(select id from idle order by id) as ids
"""


async def remove_characters(database: Database, days: float, after: int) -> Step:
    """Remove some characters that were made, and last entered, more than `days` ago, and never did anything.

    Their things leave through the ledger.
    """
    async with database.transaction("unplayed.characters") as connection:
        # The end of a character changes the world's row (migration 0016), which others lock before characters.
        await connection.execute("select from world for no key update")
        found = await connection.fetchrow(OVERDUE, after, LOOKED_AT, float(days), AT_ONCE)
        assert found is not None  # noqa: S101 - a select without from has one row
        # A session that enters, or a gift, at this moment holds the row: the character stays.
        free = await connection.fetch(
            "select id from characters c where id = any($1::bigint[]) and version = 1 and to_timestamp(epoch / 1e6) < now() - $2 * interval '1 day'"
            " and not exists (select from commands k where k.character_id = c.id and not k.published) order by id for update skip locked",
            found["ids"], float(days),
        )  # fmt: skip
        ids = [row["id"] for row in free]
        await connection.execute(
            "insert into ledger (character_id, template, quantity, reason)"
            " select c.id, i.template, -sum(i.quantity), 'unplayed' from unnest($1::bigint[]) as c(id)"
            " join items i on i.owner = 'character:' || c.id group by c.id, i.template",
            ids,
        )
        await connection.execute("delete from equipment where character_id = any($1::bigint[])", ids)
        await connection.execute("delete from items where owner = any(select 'character:' || id from unnest($1::bigint[]) as c(id))", ids)
        await connection.execute("delete from commands where character_id = any($1::bigint[])", ids)
        await connection.execute("delete from characters where id = any($1::bigint[])", ids)
    return Step(len(ids), _next(found["looked"], found["last"], found["ids"]))


async def remove_accounts(database: Database, days: float, after: int) -> Step:
    """Remove some accounts that were made more than `days` ago and have no character."""
    async with database.transaction("unplayed.accounts") as connection:
        found = await connection.fetchrow(IDLE, after, LOOKED_AT, float(days), AT_ONCE)
        assert found is not None  # noqa: S101 - a select without from has one row
        free = await connection.fetch(
            "select id from accounts where id = any($1::bigint[]) order by id for update skip locked", found["ids"]
        )
        gone = await connection.fetch(
            "delete from accounts a where id = any($1::bigint[]) and not exists (select from characters c where c.account_id = a.id)"
            " and not exists (select from revocations r where r.account_id = a.id) returning id",
            [row["id"] for row in free],
        )
    return Step(len(gone), _next(found["looked"], found["last"], found["ids"]))


def _next(looked: int, last: int | None, ids: list[int]) -> int | None:
    if len(ids) == AT_ONCE:
        return ids[-1]
    return last if looked == LOOKED_AT else None


class Unplayed:
    """Checks all characters and accounts again and again, a bounded number of steps in a turn. `days` 0 keeps them all."""

    def __init__(self, database: Database, days: float) -> None:
        self._database = database
        self._days = days
        self._after = {"characters": 0, "accounts": 0}

    async def turn(self) -> None:
        """Continue after the last turn's end."""
        if not self._days:
            return
        removed = {"characters": 0, "accounts": 0}
        for kind, remove in (("characters", remove_characters), ("accounts", remove_accounts)):
            for _ in range(STEPS):
                step = await remove(self._database, self._days, self._after[kind])
                removed[kind] += step.removed
                self._after[kind] = step.after or 0
                if step.after is None:
                    break
        if any(removed.values()):
            log.info("unplayed.removed", **removed)
