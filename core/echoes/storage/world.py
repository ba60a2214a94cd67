"""The world's own row: the cache generation, and laying out what lies in the city when it is made."""

import structlog

from echoes.storage.commits import new_item_id
from echoes.storage.database import Database
from echoes.world.model import World

log = structlog.get_logger()


async def take_over(database: Database, *, alone: bool) -> int:
    """This worker has taken the world: raise the cache generation if anything may have been written behind a cache's back.

    It rises when a server takes the world `alone` (no cache was told of what others wrote before), and when PostgreSQL has started
    anew (the last moves before a crash may be lost, while a cache remembers them); once, however many workers ask. Answers it.
    """
    row = await database.row(
        "world.take_over",
        "update world set cache_generation = cache_generation + 1, postmaster = pg_postmaster_start_time()"
        " where $1 or postmaster <> pg_postmaster_start_time() returning cache_generation",
        alone,
    ) or await database.row("world.take_over", "select cache_generation from world")
    assert row is not None  # noqa: S101 - the first migration made the row
    return int(row["cache_generation"])


async def make(database: Database, world: World) -> None:
    """Lay out, once in the life of a database and once for each location added later, what the content puts on the ground.

    Who or what is in a location that the content no longer has is brought to the start: nothing is lost.
    """
    async with database.transaction("world.make") as connection:
        await connection.execute("select 1 from world for update")
        known = {row["location_id"] for row in await connection.fetch("select location_id from places")}
        for location_id, location in sorted(world.locations.items()):
            if location_id in known:
                continue
            await connection.execute("insert into places (location_id) values ($1)", location_id)
            for placement in location.items:
                template = world.items[placement.item]
                stacks = [placement.quantity] if template.stackable else [1] * placement.quantity
                await connection.executemany(
                    "insert into items (id, template, quantity, durability, owner) values ($1, $2, $3, $4, $5)",
                    [(new_item_id(), placement.item, stack, template.durability, f"location:{location_id}") for stack in stacks],
                )
                await connection.execute(
                    "insert into ledger (template, quantity, reason) values ($1, $2, 'world')", placement.item, placement.quantity
                )
        everywhere = list(world.locations)
        for sql in (
            "update characters set location_id = $1, version = version + 1 where location_id <> all($2) returning 1",
            "update items set owner = 'location:' || $1, version = version + 1 where owner like 'location:%' and substr(owner, 10) <> all($2) returning 1",
        ):
            if moved := await connection.fetch(sql, world.start.location, everywhere):
                log.warning("world.rescued", rows=len(moved), to=world.start.location, reason="their location is no longer in the content")
        await connection.execute("update world set made = coalesce(made, now()), content = $1", world.version)
    if added := len(world.locations.keys() - known):
        log.info("world.made", locations=added)
