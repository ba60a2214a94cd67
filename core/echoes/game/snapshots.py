"""Snapshots: everything that a client needs to draw the game from nothing."""

from collections.abc import Callable

from echoes.game import conversations, questing, views
from echoes.game.catalogue import Catalogue
from echoes.game.scene import Surroundings
from echoes.game.service import CommandService
from echoes.storage.commits import Character, Superseded
from echoes.wire import LocationView, PlaceView, Snapshot


class Snapshots:
    """Read after subscribing and noting positions, so that everything that a snapshot lacks arrives as an event."""

    def __init__(self, around: Surroundings, service: CommandService, catalogue: Catalogue) -> None:
        self._around = around
        self._service = service
        self._catalogue = catalogue

    async def of(
        self, character_id: int, *, fresh: bool = True, epoch: int | None = None, learn: Callable[[Character], None] = lambda _: None
    ) -> Snapshot:
        """The character, as its row is now if `fresh`, and all around it. Raises `Superseded` when the row has a newer epoch than `epoch`.

        `learn` gets the row.
        """
        with self._service.arm_of(character_id):
            if fresh:
                me, things = await self._service.whole(character_id)
                if epoch is not None and me.epoch > epoch:
                    raise Superseded
            else:
                me = await self._around.row_of(character_id, near=False)
                things = (await self._around.things_of(character_id, bucket=character_id)).value
            learn(me)
            world = self._around.world
            location = await self._around.view_of(me)
            return Snapshot(
                you=views.you(me, self._around.database.now(), world),
                location=location,
                inventory=views.inventory(things, world),
                map=views.chart(me.explored, world),
                commands=self._catalogue.views,
                quests=questing.views_of(me, world),
                conditions=[views.effect(id_, one) for id_, one in world.effects.items() if one.is_condition],
                talk=conversations.view_of(me, things, {npc.id for npc in location.npcs}, world),
            )

    async def arrival(self, character_id: int, location_id: str) -> tuple[LocationView, list[PlaceView]]:
        """The location as a character sees it on arrival, and the map as it is now."""
        with self._service.arm_of(character_id):
            me = await self._around.row_of(character_id)
            if me.location_id != location_id:
                me = await self._around.row_of(character_id, fresh=True)
            return await self._around.view_of(me), views.chart(me.explored, self._around.world)
