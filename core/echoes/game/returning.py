"""The timer of things that return: what belongs to a location lies there again some time after it was taken (`lay_out`)."""

from collections.abc import Mapping
from typing import Any

from echoes import channels
from echoes.game import views
from echoes.game.litter import litter
from echoes.game.scene import Surroundings
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.storage import commits
from echoes.storage.commits import Thing
from echoes.storage.timers import Due
from echoes.wire import Happening
from echoes.world.returns import intervals, returning


async def _lying(around: Surroundings, timer: Due) -> frozenset[str]:
    """Which of the kinds that return lie there now, by the content or by a player."""
    kinds = [one.item for one in returning(around.world, timer.id)]
    found = [await commits.find_on_ground(around.database, timer.id, [kind], 0, 1) for kind in kinds]
    return frozenset(thing.template for things in found for thing in things)


def lays_out(rows: Rows) -> Happened:
    """Lay out each kind of which nothing is left. The timer ends where nothing returns any more."""
    world, place = rows.around.world, rows.timer.id
    things = [
        Thing(rows.dice.randrange(1, 2**53), 1, one.item, stack, world.items[one.item].durability, laid=rows.now)
        for one in returning(world, place)
        if one.item not in rows.found
        for stack in ([one.quantity] if world.items[one.item].stackable else [1] * one.quantity)
    ]
    after = intervals(world).get(place)
    if not things:
        return Happened(after=after)
    names = " and ".join(dict.fromkeys(views.name_of(thing, world) for thing in things))
    shown = Happening("returned", f"Here again: {names}.", location_id=place, ground=[views.item(thing, world) for thing in things])
    changes: list[Mapping[str, Any]] = [
        {
            "op": "insert", "id": thing.id, "template": thing.template, "quantity": thing.quantity, "durability": thing.durability,
            "owner": f"location:{place}",
        }
        for thing in things
    ]  # fmt: skip
    return Happened(
        [*changes, litter(place)],
        [{"template": thing.template, "quantity": thing.quantity, "reason": "world"} for thing in things],
        events=[channels.to_location(place, "location_update", shown)],
        after=after,
    )


TIMERS = (TimerSpec("lay_out", lays_out, _lying),)
