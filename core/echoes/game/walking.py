"""Moving, looking, resting, the map."""

from echoes.errors import Refused
from echoes.game import targets, views
from echoes.game.deed import Deed
from echoes.game.targets import Named
from echoes.wire import Happening, Look, Map, Move, Outcome, Rest
from echoes.world.model import OPPOSITE, Exit

SHORT = {"n": "north", "ne": "northeast", "e": "east", "se": "southeast", "s": "south", "sw": "southwest", "w": "west", "nw": "northwest",
         "u": "up", "d": "down"}  # fmt: skip
FROM = {"up": "from above", "down": "from below", "in": "from inside", "out": "from outside"}
TOWARDS = {"up": "up", "down": "down", "in": "inside", "out": "outside"}


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
    deed.tell_room("player_left", f"{name} leaves {_towards(direction)}.", location_id=origin)
    deed.tell_room("player_arrived", f"{name} arrives {FROM.get(back, f'from the {back}')}.", location_id=destination)
    deed.message = f"You go {_towards(direction)}."
    deed.tell(
        deed.me.id,
        Happening(
            "moved", deed.message, version=scene.me.version + 1, location_id=destination, position=position,
            you=deed.outcome().you,
        ),
    )  # fmt: skip
    return deed.outcome()


async def look(deed: Deed, command: Look) -> Outcome:
    """Look around, or at one thing, somebody, or a direction."""
    scene = deed.scene
    if command.target is None:
        view = await scene.around.view_of(scene.me)
        deed.message = f"{view.name}. {view.description}"
        return deed.outcome(location=view)
    word = targets.normal(command.target)
    direction = SHORT.get(word, word)
    if (way := dict(scene.location.exits).get(direction)) is not None:  # type: ignore[call-overload]
        deed.message = way.look or f"That way leads {_towards(direction)}; more cannot be seen from here."
        return deed.outcome()
    if word in {"me", "myself", "self", scene.me.name.casefold()}:
        worn = [scene.template(thing).name for thing in await scene.things() if thing.slot]
        deed.message = f"You are {scene.me.name}, level {scene.me.level}. You wear {', '.join(worn) if worn else 'nothing to speak of'}."
        return deed.outcome()
    deed.message = targets.pick(command.target, await _things_to_see(deed, command.target), nothing="You see nothing of that name here.")
    return deed.outcome()


async def rest(deed: Deed, _: Rest) -> Outcome:
    """Sit down; stamina returns faster until one walks on."""
    scene = deed.scene
    if scene.me.resting:
        raise Refused("resting", "You are resting already.", "Walk on when you feel ready.")
    deed.change_me(resting=True)
    deed.message = "You find a place out of the wind and sit down."
    deed.tell_room("rested", f"{scene.me.name} sits down to rest.")
    return deed.outcome()


async def chart(deed: Deed, _: Map) -> Outcome:
    """The map of what has been explored."""
    scene = deed.scene
    places = views.chart(scene.me.explored, scene.world)
    known = [place for place in places if place.explored]
    deed.message = f"You know {len(known)} of {len(scene.world.locations)} places: {', '.join(sorted(place.name for place in known))}."
    return deed.outcome(places=places)


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


async def _things_to_see(deed: Deed, word: str) -> list[tuple[Named, str]]:
    scene = deed.scene
    location = scene.location
    seen = [(Named(id, thing.name, thing.aliases), thing.description) for id, thing in location.interactables.items()]  # noqa: A001
    seen += [(Named(id, scene.world.npcs[id].name, scene.world.npcs[id].aliases), scene.world.npcs[id].description) for id in location.npcs]  # noqa: A001
    seen += [
        (Named(str(one.id), one.name), f"{one.name} {'stares through you, far away' if one.linkdead else 'is here, as real as you are'}.")
        for one in await scene.people_called(word)
    ]
    for thing in [*await scene.ground_called(word), *await scene.things()]:
        template = scene.template(thing)
        wear = f" It will stand about {thing.durability} more uses." if thing.durability is not None else ""
        seen.append((Named(str(thing.id), template.name, template.aliases), template.description + wear))
    return seen


def _towards(direction: str) -> str:
    return TOWARDS.get(direction, direction)
