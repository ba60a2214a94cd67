"""After new content is in force: move players out of removed locations, and show changed locations to the players there."""

import asyncio

import structlog

from echoes import channels
from echoes.errors import FacilityError
from echoes.facilities import Registry
from echoes.game.contents import Contents
from echoes.game.outbox import Outbox
from echoes.storage import world as storage_world
from echoes.storage.database import Database
from echoes.storage.world import Rescued
from echoes.web.hub import Hub
from echoes.wire import Happening
from echoes.world.model import World

log = structlog.get_logger()
BATCH, PAUSE = 25, 0.05
"""Clients that get a snapshot at once, and seconds between two such batches."""
STRAYS = 3.0
"""Seconds after which no move can still lead to a removed location."""


class ContentRefresh:
    """Shows players the content that they play by now."""

    def __init__(self, database: Database, registry: Registry, outbox: Outbox, contents: Contents, hub: Hub) -> None:
        self._database = database
        self._registry = registry
        self._outbox = outbox
        self._contents = contents
        self._hub = hub

    def start(self) -> None:
        """Be asked whenever the content changes."""
        self._contents.on_swap = self.show
        self._contents.on_rescue = self.move

    async def show(self, before: World, after: World) -> None:
        """Send a snapshot to each player whose view has changed. Move players that got into a removed location out of it."""
        if before.locations.keys() - after.locations.keys():
            self._hub.spawn(self._bring_out_strays(), "content:strays")
        everywhere = before.items != after.items or before.start.body != after.start.body
        same = {place for place in after.locations if not (everywhere or _looks_different(place, before, after))}
        seats = [seat for seat in self._hub.seats.values() if seat.location_id not in same]
        self._hub.spawn(self._snapshots_to([seat.character_id for seat in seats]), "content:snapshots")

    async def _snapshots_to(self, characters: list[int]) -> None:
        for start in range(0, len(characters), BATCH):
            for character_id in characters[start : start + BATCH]:
                seat = self._hub.seats.get(character_id)
                if seat is not None:
                    seat.then(lambda seat=seat: self._hub.send_snapshot(seat, "content"))  # type: ignore[misc]
            await asyncio.sleep(PAUSE)

    async def _bring_out_strays(self) -> None:
        await asyncio.sleep(STRAYS)
        async with self._database.transaction("content.strays") as connection:
            rescued = await storage_world.rescue(connection, self._contents.world)
        for one in rescued:
            await self.move(one)

    async def move(self, one: Rescued) -> None:
        """Send a character's new location to its player; its seat follows, on any worker. What is away now gets it when it is back."""
        message = "The place where you were is no more. You find yourself elsewhere."
        happening = Happening("moved", message, version=one.version, location_id=one.location_id, forced=True)
        try:
            await self._registry.move(one.id, one.location_id, version=one.version)
        except FacilityError as error:
            log.debug("registry.move_postponed", character_id=one.id, error=str(error))
        await self._outbox.publish_message(channels.to_player(one.id, "state_update", happening), f"moved:{one.id}:{one.version}")


def _looks_different(location_id: str, before: World, after: World) -> bool:
    old, new = before.locations.get(location_id), after.locations.get(location_id)
    if old is None or new is None or old != new:
        return True
    if any(before.npcs.get(npc) != after.npcs.get(npc) for npc in new.npcs):
        return True
    return any(_name(way.to, before) != _name(way.to, after) for way in new.exits.values())


def _name(location_id: str, world: World) -> str:
    location = world.locations.get(location_id)
    return "" if location is None else location.name
