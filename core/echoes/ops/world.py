"""The game as a whole: content, timers, population; and sums of scrap, things and quests."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from echoes.context import Context
from echoes.errors import FacilityError
from echoes.ops.acting import Operator, acting, require_role
from echoes.ops.sums import Economy
from echoes.storage import audit, census, contents, timers
from echoes.storage.census import NpcTotal, Total, Version
from echoes.storage.timers import Kind, Part

PLACES = 20
"""Locations that are listed with their players: those with the most."""


class PlaceView(Struct):
    """A location and the number of bodies in it, link-dead ones included."""

    location_id: str
    name: str
    players: int


class WorldView(Struct):
    """The game now. `number` counts the activations of content; `totals` are PostgreSQL's estimates. `players` None: the registry is away."""

    content: str
    number: int
    versions: Sequence[Version]
    players: int | None
    places: Sequence[PlaceView]
    totals: Sequence[Total]
    npcs: Sequence[NpcTotal]
    timers: Sequence[Kind]
    parts: Sequence[Part]


async def world(context: Context, operator: Operator) -> WorldView:
    """Show content, population and timers; while the registry is away, no players. It needs no reason: nothing of it is about one player."""
    require_role(operator, "viewer")
    database = context.database
    now = await contents.active(database)
    counts: Mapping[str, int] | None = None
    with suppress(FacilityError):
        counts = await context.facilities.registry.counts()
    locations = context.world.locations
    fullest = sorted((counts or {}).items(), key=lambda one: (-one[1], one[0]))[:PLACES]
    return WorldView(
        now.version, now.number, await census.versions(database), None if counts is None else sum(counts.values()),
        [PlaceView(id_, locations[id_].name if id_ in locations else id_, number) for id_, number in fullest],
        await census.totals(database), await census.npcs(database), await timers.kinds(database), await timers.parts(database),
    )  # fmt: skip


async def economy(context: Context, operator: Operator, reason: str) -> Economy:
    """Show scrap by day, the richest characters, the rarest things, and quests by step. It names characters, so it needs a reason."""
    async with acting(context.database, operator, "economy", reason, least="viewer") as act:
        found = await context.sums.of(context.database)
        await audit.enter_alone(context.database, act)
    return found
