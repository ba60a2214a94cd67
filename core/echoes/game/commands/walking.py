"""`move`: walk through an exit."""

from typing import Annotated

from msgspec import Meta

from echoes.errors import Refused
from echoes.game import arguments, targets
from echoes.game.deed import Deed
from echoes.game.directions import SHORT, coming_from, towards
from echoes.game.facts import Moved
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Happening, Outcome
from echoes.world.model import OPPOSITE, Exit


class Move(Command, frozen=True, tag="move"):
    """Walk through an exit."""

    direction: Annotated[str, Meta(min_length=1, max_length=40)]


async def move(deed: Deed, command: Move) -> Outcome:
    """Walk through an exit: stamina is spent, the old room sees one leave, the new one sees one arrive."""
    scene = deed.scene
    direction, way = _exit(deed, command.direction)
    if scene.stamina < way.stamina:
        raise Refused(
            "exhausted", f"You are too tired to go {direction}: it takes {way.stamina} stamina and you have {int(scene.stamina)}.",
            "Stand still for a while, or rest.",
        )  # fmt: skip
    origin, destination = scene.me.location_id, way.to
    position = await scene.around.position_of(destination)
    deed.durable = scene.around.durable_moves
    deed.arrive(destination, position)
    deed.change_me(stamina=scene.stamina - way.stamina, resting=False)
    deed.explore(destination)
    name = scene.me.name
    back = OPPOSITE[direction]
    deed.fact(Moved(origin=origin, to=destination))
    deed.tell_room("player_left", f"{name} leaves {towards(direction)}.", location_id=origin)
    deed.tell_room("player_arrived", f"{name} arrives {coming_from(back)}.", location_id=destination)
    deed.message = f"You go {towards(direction)}."
    deed.tell(
        deed.me.id,
        Happening(
            "moved", deed.message, version=scene.me.version + 1, location_id=destination, position=position,
            you=deed.outcome().you,
        ),
    )  # fmt: skip
    return deed.outcome()


def _exit(deed: Deed, word: str) -> tuple[str, Exit]:
    scene = deed.scene
    wanted = targets.normal(word)
    wanted = SHORT.get(wanted, wanted)
    exits = {str(direction): way for direction, way in scene.location.exits.items()}
    if wanted in exits:
        return wanted, exits[wanted]
    by_name = [
        (Named(way.to, scene.world.locations[way.to].name), (direction, way))
        for direction, way in exits.items()
        if way.to in scene.me.explored
    ]
    try:
        return targets.pick(word, by_name, nothing="")
    except Refused as refused:
        if refused.code == "ambiguous":
            raise
        raise Refused("no_exit", f"There is no way {word} from here.", f"Exits: {', '.join(exits) or 'none'}.") from None


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "move",
        Move,
        move,
        usage="move <direction>",
        summary="Walk through an exit.",
        aliases=("go", "walk"),
        arguments=arguments.one("direction", "move <direction>"),
        topic="north, n, go north and move north are the same; the name of a place you have been to works as well. Walking costs stamina: rubble and stairs more than streets.",
    ),
)
