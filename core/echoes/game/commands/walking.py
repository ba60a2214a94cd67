"""`move`: walk through an exit."""

from typing import Annotated, Any, TypeVar

from msgspec import Meta

from echoes.errors import Refused
from echoes.game import arguments, normalization, npcs, targets
from echoes.game.deed import Deed
from echoes.game.directions import SHORT, coming_from, towards
from echoes.game.facts import Moved
from echoes.game.populating import ambush
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Happening, Outcome
from echoes.world.model import OPPOSITE, Exit
from echoes.world.routes import route

_UPON = frozenset({"up", "down", "over", "on", "out", "straight", "further", "farther"})
_DOORS = frozenset({"door", "exit", "gate", "path", "road", "side", "stairs", "street", "way"})
T = TypeVar("T")


class Move(Command, frozen=True, tag="move"):
    """Walk through an exit."""

    direction: Annotated[str, Meta(min_length=1, max_length=60)]


async def move(deed: Deed, command: Move) -> Outcome:
    """Walk through an exit, for a place farther off the first on the way: stamina is spent, the old room sees one leave, the new one sees one arrive."""
    scene = deed.scene
    direction, way, goal = _exit(deed, command.direction)
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
    if destination in scene.around.contents.populations.reached and scene.world.locations[destination].danger_level:
        deed.changes.append(ambush(destination))
    first_visit = destination not in scene.me.explored
    deed.fact(Moved(origin=origin, to=destination))
    deed.tell_room("player_left", f"{name} leaves {towards(direction)}.", location_id=origin, direction=direction)
    deed.tell_room("player_arrived", f"{name} arrives {coming_from(back)}.", location_id=destination)
    place = scene.world.locations[destination]
    felt = deed.affect(gains=place.causes, ends=place.cures, reason="place")
    if first_visit:
        await _greet(deed, destination)
    deed.message = f"You go {towards(direction)}, on the way to {goal}." if goal else f"You go {towards(direction)}."
    deed.message = f"{deed.message} {felt}".rstrip()
    deed.tell(
        deed.me.id,
        Happening(
            "moved", deed.message, version=scene.me.version + 1, location_id=destination, position=position,
            you=deed.outcome().you,
        ),
    )  # fmt: skip
    return deed.outcome(next_line=f"go to {goal}" if goal else "")


async def _greet(deed: Deed, destination: str) -> None:
    """An NPC greets a character on its first visit to a place: one NPC, once. All players there hear it, the newcomer, too."""
    scene = deed.scene
    rows = await scene.around.npcs_of(destination, scene.me.id)
    talkers = [one for one in npcs.those_here(scene.world.locations[destination], rows, scene.world) if one.npc.greetings]
    if talkers:
        talker = scene.around.dice.choice(talkers)
        deed.npc_speaks(talker, scene.around.dice.choice(talker.npc.greetings), destination)


def _exit(deed: Deed, word: str) -> tuple[str, Exit, str]:
    """The exit that is meant: by direction, by the place behind it, or by a place farther off that is known; and the name of that place."""
    scene = deed.scene
    wanted = targets.normal(word)
    wanted = SHORT.get(wanted, wanted)
    exits = {str(direction): way for direction, way in scene.location.exits.items()}
    if wanted in exits:
        return wanted, exits[wanted], ""
    if wanted in OPPOSITE:
        raise _no_way(deed, f"No way leads {towards(wanted)} from here.")
    beside = [(_place(deed, way.to), (direction, way)) for direction, way in exits.items()]
    known = [one for one in beside if one[1][1].to in scene.me.explored]
    farther = [(_place(deed, place_id), place_id) for place_id in scene.me.explored if place_id in scene.world.locations]
    if (found := _meant(word, known)) is not None:
        return *found, ""
    if (goal := _meant(word, farther)) is not None:
        return _towards(deed, goal)
    for named, found in beside:  # who guesses what lies behind an exit, goes there
        if set(wanted.split()) <= set(targets.normal(named.name).split()):
            return *found, ""
    if (leading := _way_of(wanted)) in exits:
        return leading, exits[leading], ""
    if leading:
        raise _no_way(deed, f"No way leads {towards(leading)} from here.")
    names = [*exits, *(named.name for named, _ in (*known, *farther))]
    near = targets.did_you_mean(wanted, names, most=len(names))
    raise _no_way(deed, f"No way leads to “{targets.bare(word)}” that you know of.", near)


def _way_of(text: str) -> str:
    """The direction of a longer text: `south east`, `up the stairs`, `up north`, `north exit`. Empty where there is none."""
    words = [SHORT.get(one, one) for one in text.replace("-", " ").split()]
    if (joined := "".join(words[:2])) in OPPOSITE:
        return joined
    if len(words) > 1 and words[0] in _UPON and words[1] in OPPOSITE:
        return words[1]
    if len(words) > 1 and words[-1] in _DOORS and words[-2] in OPPOSITE:
        return words[-2]
    return words[0] if words and words[0] in OPPOSITE else ""


def _meant(word: str, among: list[tuple[Named, T]]) -> T | None:
    """The one that is meant; None where none is. Raises `Refused` where several are."""
    try:
        return targets.pick(word, among, nothing="")
    except Refused as refused:
        if refused.code == "ambiguous":
            raise
        return None


def _towards(deed: Deed, goal: str) -> tuple[str, Exit, str]:
    """The first exit of the known way to a place, and that place's name."""
    scene = deed.scene
    name = scene.world.locations[goal].name
    if goal == scene.me.location_id:
        raise Refused("already_there", f"You are there: {name}.", "look shows where you can go.")
    steps = route(scene.world, scene.me.explored, scene.me.location_id, goal)
    if not steps:
        raise _no_way(deed, f"You know {name}, and no way there that you have walked.")
    return steps[0], dict(scene.location.exits)[steps[0]], name if len(steps) > 1 else ""  # type: ignore[index]


def _place(deed: Deed, place_id: str) -> Named:
    return Named(place_id, deed.scene.world.locations[place_id].name)


def _no_way(deed: Deed, message: str, near: str = "") -> Refused:
    return Refused("no_exit", message, f"{near} Exits: {', '.join(deed.scene.location.exits) or 'none'}.".lstrip())


def arguments_of(rest: str) -> dict[str, Any]:
    """A direction or a place."""
    line = normalization.plain(rest)
    if not line:
        raise Refused("incomplete", "Go where?", "Usage: move <direction>. exits names the ways out.")
    first, way = normalization.parted(line)
    if first.casefold() in _UPON and way.casefold() in {*OPPOSITE, *SHORT}:
        return {"direction": way}
    return arguments.one("direction", "move <direction>", skip=arguments.TO)(rest)


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "move",
        Move,
        move,
        usage="move <direction>",
        summary="Walk through an exit.",
        aliases=("go", "walk", "run", "enter", "head", "return", "travel", "goto"),
        arguments=arguments_of,
        in_fight=False,
        topic="north, n, go north and move north are the same; go to and the name of a place you have been to walks there, one step a command; again goes on. Walking costs stamina: rubble and stairs more than streets.",
    ),
)
