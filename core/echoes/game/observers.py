"""Observers of facts: each gets every fact at least once, after its commit, in order for each character, and never in the way of play.

Where an observer has come to is a row (`observers`). Facts of transactions that may still be under way are not read yet: all facts below the
oldest transaction under way (`pg_snapshot_xmin`) are complete, and such a window is read in the order of their ids.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from msgspec import Struct

from echoes import metrics
from echoes.errors import ConfigurationError, EchoesError
from echoes.game.facts import decoded
from echoes.log_limit import LOG_LIMIT
from echoes.storage.database import Database

log = structlog.get_logger()
BATCH = 500
"""Facts that are handed over at a time."""
SECONDS = 10.0
"""How long an observer may take for a batch."""


class Seen(Struct, frozen=True):
    """A fact as an observer gets it: `id` grows, `at` is Unix seconds, `fact` has `type`, `character_id` and the fields of its type."""

    id: int
    at: float
    fact: dict[str, Any]


@dataclass(frozen=True)
class Observer:
    """An extension's `echoes_observers` hook returns such. `types` are the facts that it wants; none: all.

    `see` gets some facts in their order. When it raises, or takes longer than `SECONDS`, it gets them again; it must bear to see a fact twice.
    """

    name: str
    see: Callable[[Sequence[Seen]], Awaitable[None]]
    types: frozenset[str] = frozenset()


WINDOW = """
with mine as (
  insert into observers (name, low, high) values ($1, pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmin(pg_current_snapshot()))
    on conflict (name) do update set high = case when observers.low = observers.high
        then greatest(observers.high, pg_snapshot_xmin(pg_current_snapshot())) else observers.high end
  returning low, high, last)
select m.low::text as low, m.high::text as high, f.id, f.type, f.character_id, f.body, extract(epoch from f.at)::double precision as at
  from mine m left join lateral (
    select * from facts f where f.xid >= m.low and f.xid < m.high and f.id > m.last order by f.id limit $2) f on true
  order by f.id
"""
ADVANCE = "update observers set last = $2 where name = $1"
FINISH = "update observers set low = high, last = 0 where name = $1 and high = $2::text::xid8"


def checked(offered: Iterable[object]) -> list[Observer]:
    """The observers among what extensions offer. Raises `ConfigurationError` for anything else, and for two of one name."""
    found: dict[str, Observer] = {}
    for one in offered:
        if not isinstance(one, Observer):
            raise ConfigurationError(
                f"an extension offers {one!r} as an observer; echoes_observers returns Observer objects (echoes.game.observers)"
            )
        if one.name in found:
            raise ConfigurationError(f"two observers are called {one.name!r}; rename one of them")
        found[one.name] = one
    return list(found.values())


async def observe(database: Database, observer: Observer) -> bool:
    """Hand the next facts over; True when there may be more at once. An error of the observer is counted and logged, and the facts come again."""
    rows = await database.rows("observers.read", WINDOW, observer.name, BATCH)
    found = [row for row in rows if row["id"] is not None]
    wanted = [
        Seen(row["id"], row["at"], decoded(row["type"], row["character_id"], row["body"]))
        for row in found
        if not observer.types or row["type"] in observer.types
    ]
    if wanted and not await _handed(observer, wanted):
        return False
    if len(found) == BATCH:
        await database.rows("observers.advance", ADVANCE, observer.name, found[-1]["id"])
        return True
    if rows[0]["low"] != rows[0]["high"]:
        await database.rows("observers.finish", FINISH, observer.name, rows[0]["high"])
    return False


async def _handed(observer: Observer, wanted: Sequence[Seen]) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            await observer.see(wanted)
    except Exception as error:
        metrics.OBSERVED.labels(observer.name, "failed").inc(len(wanted))
        if times := LOG_LIMIT.due("observer.failed", observer.name, type(error).__name__):
            log.warning(
                "observer.failed", observer=observer.name, facts=len(wanted), first=wanted[0].id, error=str(error) or type(error).__name__,
                times=times, exc_info=not isinstance(error, EchoesError | TimeoutError),
            )  # fmt: skip
        return False
    metrics.OBSERVED.labels(observer.name, "done").inc(len(wanted))
    return True
