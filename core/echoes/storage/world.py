"""The world's own row: the cache generation, and the things that a new world has on the ground."""

from collections.abc import Sequence

import structlog
from msgspec import Struct

from echoes.storage import audit
from echoes.storage.commits import new_item_id
from echoes.storage.database import Connection, Database
from echoes.storage.database_identity import RISEN
from echoes.world.model import World

log = structlog.get_logger()

TAKE_OVER = (
    f"update world set {RISEN}, postmaster = pg_postmaster_start_time()"  # noqa: S608 - a constant
    " where $1 or postmaster <> pg_postmaster_start_time() returning cache_generation"
)


class Rescued(Struct, frozen=True):
    """A character that was brought to the start, and the version of its row."""

    id: int
    version: int
    location_id: str


async def take_over(database: Database, *, alone: bool) -> int:
    """Take the world for this worker: raise the cache generation if rows may have changed without an invalidation.

    It rises when a server takes the world `alone` (no cache got invalidations of what others wrote before). It also rises when PostgreSQL
    has restarted (the last moves before a crash may be lost, while a cache has them). It rises once, regardless of the number of workers.
    Returns the generation.
    """
    row = await database.row("world.take_over", TAKE_OVER, alone)
    row = row or await database.row("world.take_over", "select cache_generation from world")
    assert row is not None  # noqa: S101 - the first migration made the row
    return int(row["cache_generation"])


async def lay_out(connection: Connection, world: World) -> int:
    """Put the content's things on the ground of each location, once in the life of a database. Returns the number of new locations.

    Locations that the content no longer has are closed: from the end of the transaction on no character enters them.
    """
    known = {row["location_id"] for row in await connection.fetch("select location_id from places")}
    for location_id, location in sorted(world.locations.items()):
        if location_id in known:
            continue
        await connection.execute("insert into places (location_id) values ($1)", location_id)
        for placement in location.items:
            template = world.items[placement.item]
            stacks = [placement.quantity] if template.stackable else [1] * placement.quantity
            await connection.executemany(
                "insert into items (id, template, quantity, durability, owner, laid) values ($1, $2, $3, $4, $5, null)",
                [(new_item_id(), placement.item, stack, template.durability, f"location:{location_id}") for stack in stacks],
            )
            await connection.execute(
                "insert into ledger (template, quantity, reason) values ($1, $2, 'world')", placement.item, placement.quantity
            )
    await connection.execute(
        "update places set open = location_id = any($1), version = version + 1 where open <> (location_id = any($1))", list(world.locations)
    )
    await connection.execute("update world set made = coalesce(made, now())")
    return len(world.locations.keys() - known)


async def rescue(connection: Connection, world: World) -> list[Rescued]:
    """Bring every character and thing in a location that the content no longer has to the start: nothing is lost. Returns the characters."""
    everywhere, start = list(world.locations), world.start.location
    # Characters, ground, things, each by their keys: the order in which `echoes_commit` locks them.
    people = await connection.fetch(
        "with gone as (select id from characters where location_id <> all($2) order by id for no key update)"
        " update characters c set location_id = $1, combat = 0, version = version + 1 from gone where c.id = gone.id returning c.id, c.version",
        start,
        everywhere,
    )
    await connection.execute("select from places where location_id = $1 for no key update", start)
    things = await connection.fetch(
        "with gone as (select id from items where owner like 'location:%' and substr(owner, 10) <> all($2) order by id for update)"
        " update items i set owner = 'location:' || $1, version = version + 1, laid = clock_timestamp() from gone where i.id = gone.id returning 1",
        start, everywhere,
    )  # fmt: skip
    if things:
        await connection.execute("update places set version = version + 1 where location_id = $1", start)
    if people or things:
        await connection.execute(f"update world set {RISEN}")  # noqa: S608 - a constant
        log.warning("world.rescued", characters=len(people), things=len(things), to=start, reason="their location is not in the game data")
    return [Rescued(row["id"], row["version"], start) for row in people]


async def order_drop(database: Database, kind: str, id: str) -> int:  # noqa: A002
    """Order every worker to drop a cached value. Returns the order's number. Orders older than a day are deleted (`echoes.storage.retention`)."""
    async with database.transaction("cache.drop") as connection:
        number = await order_drops(connection, kind, [id])
        await audit.record(connection, "cache.invalidate", kind=kind, id=id)
    return number


async def order_drops(connection: Connection, kind: str, ids: Sequence[str]) -> int:
    """Order every worker to drop these cached values, in the transaction that changes their rows. Returns the last order's number.

    Each worker carries them out within about a second, also when the worker that committed has died.
    """
    last: int = await connection.fetchval("update world set cache_drops = cache_drops + $1 returning cache_drops", len(ids))
    await connection.executemany(
        "insert into cache_drops (number, kind, id) values ($1, $2, $3)",
        [(last - len(ids) + nth, kind, id_) for nth, id_ in enumerate(ids, 1)],
    )
    return last
