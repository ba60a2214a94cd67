"""Death: the remains stay where a character fell, with everything that was not its own for good; it wakes in the refuge."""

from collections.abc import Sequence
from typing import NamedTuple

from echoes import channels
from echoes.game import effects, views
from echoes.game.aftermath import Aftermath, relocate
from echoes.game.facts import Died
from echoes.storage.commits import Character, Thing
from echoes.wire import Happening, WirePosition
from echoes.world import growth
from echoes.world.model import REMAINS, World

OWNERS_SECONDS = 600.0
"""Seconds in which only their owner may take from the remains."""
REMAINS_SECONDS = 3600.0
"""Seconds after which the remains are gone."""


class Fallen(NamedTuple):
    """A character that has died, what it carried, and where the refuge's channel stands."""

    me: Character
    things: Sequence[Thing]
    world: World
    refuge: WirePosition
    now: float


def bury(fallen: Fallen, settled: Aftermath, remains_id: int) -> None:
    """Leave the remains, take a tenth of the level's experience, end all effects, and wake the character in the refuge with half its health."""
    me, world = fallen.me, fallen.world
    settled.changes.append({
        "op": "corpse", "id": remains_id, "character": me.id, "location_id": me.location_id, "template": REMAINS, "label": me.name,
        "seconds": OWNERS_SECONDS,
    })  # fmt: skip
    settled.changes.append({
        "op": "timer", "kind": "decay", "subject": f"container:{remains_id}", "in": REMAINS_SECONDS, "payload": {"location_id": me.location_id},
    })  # fmt: skip
    settled.ledger.append({"template": REMAINS, "quantity": 1, "reason": "death"})
    lying = Thing(remains_id, 1, REMAINS, 1, label=me.name)
    shown = Happening("looted", "", location_id=me.location_id, ground=[views.item(lying, world)])
    settled.events.append(channels.to_location(me.location_id, "location_update", shown))
    settled.facts.append(Died(character_id=me.id, location_id=me.location_id))
    settled.left[me.id] = [thing for thing in fallen.things if thing.personal]
    fields = settled.sets.setdefault(me.id, {})
    fields.update({"hp": max(1, me.max_hp // 2), "xp": growth.after_death(me.level, fields.get("xp", me.xp)), "combat": 0})
    if me.effects:
        fields["effects"] = ()
        settled.facts += effects.change(me, world, fallen.now, ends=[one.id for one in me.effects], reason="death").facts
        settled.changes += effects.timers(me, (), world, fallen.now)
    here = world.locations[me.location_id].name
    relocate(
        me, world.start.location, fallen.refuge, settled,
        f"You fall. Hands, a cart, a long ceiling. You wake in the warm, and what you carried lies in {here}.",
    )  # fmt: skip
