"""Does the city hang together? Names lead to things, ways lead back, the map agrees with them, and one can get everywhere."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from .draft import Draft, DraftEntry, values
from .kinds import BY_NAME, Kind
from .model import OPPOSITE, REMAINS, Dialogue, Effect, Exit, Item, Location, Loot, Mystery, Npc, Quest, Spawn, Start
from .nearest import did_you_mean
from .problem import Problem, Trail, quoted

EACH: Final = "*"

REFERENCES: Final[dict[type[Struct], dict[tuple[str, ...], Kind]]] = {
    Start: {("location",): "location", ("kit", EACH, "item"): "item"},
    Location: {
        ("exits", EACH, "to"): "location",
        ("npcs", EACH): "npc",
        ("items", EACH, "item"): "item",
        ("interactables", EACH, "loot"): "loot table",
        ("interactables", EACH, "gives"): "item",
        ("causes", EACH): "effect",
        ("rest_gives", EACH): "effect",
        ("cures", EACH): "effect",
    },
    Item: {("inflicts", "effect"): "effect", ("gives", EACH): "effect", ("cures", EACH): "effect"},
    Effect: {("ends", EACH): "effect"},
    Npc: {("loot",): "loot table", ("inflicts", "effect"): "effect", ("trades", EACH): "item", ("buys", EACH): "item"},
    Loot: {("entries", EACH, "item"): "item"},
    Spawn: {("npc",): "npc", ("locations", EACH): "location"},
    Dialogue: {
        ("openings", EACH, "needs", "has", EACH, "item"): "item",
        ("topics", EACH, "needs", "has", EACH, "item"): "item",
        ("passages", EACH, "choices", EACH, "needs", "has", EACH, "item"): "item",
        ("passages", EACH, "choices", EACH, "does", "give", EACH, "item"): "item",
        ("passages", EACH, "choices", EACH, "does", "take", EACH, "item"): "item",
        ("passages", EACH, "choices", EACH, "does", "begins"): "quest",
    },
    Quest: {
        ("after", EACH): "quest",
        ("reward", "items", EACH, "item"): "item",
        ("steps", EACH, "go"): "location",
        ("steps", EACH, "find", "item"): "item",
        ("steps", EACH, "bring", "item"): "item",
        ("steps", EACH, "bring", "to"): "npc",
        ("steps", EACH, "kill", "npc"): "npc",
        ("steps", EACH, "talk", "npc"): "npc",
        ("steps", EACH, "use", "item"): "item",
        ("steps", EACH, "use", "at"): "location",
        ("steps", EACH, "search", "at"): "location",
    },
    Mystery: {
        ("clues", EACH, "item"): "item",
        ("clues", EACH, "at"): "location",
        ("clues", EACH, "npc"): "npc",
    },
}
"""Which values name something, and of what kind. Looked up in the data as written, so that no fault beside them hides one."""

STEP: Final[dict[str, tuple[int, int]]] = {
    "north": (0, 1),
    "northeast": (1, 1),
    "east": (1, 0),
    "southeast": (1, -1),
    "south": (0, -1),
    "southwest": (-1, -1),
    "west": (-1, 0),
    "northwest": (-1, 1),
}
"""The signs of (x, y) on the way there. `up`, `down`, `in` and `out` may lead anywhere on the map."""


class Reference(NamedTuple):
    """A value that names something, and of what kind that must be."""

    entry: DraftEntry[Struct]
    trail: Trail
    kind: Kind
    name: str


def check_graph(draft: Draft) -> Iterator[Problem]:
    """Find every fault in how things refer to each other, and warn of what nothing refers to."""
    found = list(references(draft))
    dangling = [reference for reference in found if reference.name not in draft.ids(reference.kind)]
    for entry, trail, kind, name in dangling:
        yield entry.problem(trail, f"no {kind} {quoted(name)}{did_you_mean(name, draft.ids(kind))}")
    yield from _no_way_back(draft)
    yield from _off_the_map(draft)
    if draft.complete:
        yield from _unused(draft, found)
        if not any(reference.kind == "location" for reference in dangling):
            yield from _unreachable(draft)


def references(draft: Draft) -> Iterator[Reference]:
    """Go over every value that names something."""
    for entry in draft.entries():
        for pattern, kind in REFERENCES.get(entry.struct, {}).items():
            for trail, name in _matches(entry.data, pattern):
                yield Reference(entry, trail, kind, name)


def _matches(data: object, pattern: tuple[str, ...], trail: Trail = ()) -> Iterator[tuple[Trail, str]]:
    """Find the texts at the places that a pattern such as `exits.*.to` covers; what has another shape is passed over."""
    if not pattern:
        if isinstance(data, str):
            yield trail, data
        return
    step, rest = pattern[0], pattern[1:]
    if step == EACH and isinstance(data, list):
        for index, each in enumerate(data):
            yield from _matches(each, rest, (*trail, index))
    elif isinstance(data, dict):
        for key in data if step == EACH else data.keys() & {step}:
            yield from _matches(data[key], rest, (*trail, key))


def _no_way_back(draft: Draft) -> Iterator[Problem]:
    """Every exit has one that leads back in the opposite direction, unless it is declared one-way; a one-way exit has none.

    A misspelt way back is not reported a second time.
    """
    for here, _, direction, way in _ways(draft):
        there = draft.locations[way.to]
        if there is here:
            yield here.problem(("exits", direction, "to"), "leads back to where it starts")
            continue
        if there.value is None:
            continue
        back = OPPOSITE[direction]
        returns = there.value.exits.get(back)
        if returns is not None and returns.to == here.id:
            if way.one_way:
                yield here.problem(("exits", direction, "one_way"), f"needless: {there.id!r} does lead back {back}; leave one_way out")
        elif not (way.one_way or there.is_faulty("exits") or (returns is not None and returns.to not in draft.ids("location"))):
            instead = f"has no exit {back}" if returns is None else f"leads {back} to {quoted(returns.to)}"
            message = f"no way back: {there.id!r} {instead}; make it lead to {here.id!r}, or declare one_way: true here"
            yield here.problem(("exits", direction, "to"), message)


def _off_the_map(draft: Draft) -> Iterator[Problem]:
    """No two locations share a coordinate, and an exit's compass direction agrees with where its two ends are."""
    taken: dict[tuple[int, int], DraftEntry[Location]] = {}
    for entry, location in values(draft.locations):
        first = taken.setdefault((location.x, location.y), entry)
        if first is not entry:
            yield entry.problem(("x",), f"({location.x}, {location.y}) is taken by {first.id!r} ({first.place()})")
    for here, location, direction, way in _ways(draft):
        there = draft.locations[way.to].value
        if there is None or direction not in STEP:
            continue
        step = _sign(there.x - location.x), _sign(there.y - location.y)
        if step not in ((0, 0), STEP[direction]):
            lies = next(name for name in STEP if STEP[name] == step)
            message = f"{way.to!r} at ({there.x}, {there.y}) lies {lies} of ({location.x}, {location.y}), not {direction}"
            yield here.problem(("exits", direction, "to"), message)


def _unreachable(draft: Draft) -> Iterator[Problem]:
    """Every location can be walked to from the start. Not asked while exits are faulty: one fault would show as many."""
    if draft.start is None or draft.start.value is None:
        return
    if any(entry.value is None or entry.is_faulty("exits") for entry in draft.locations.values()):
        return
    seen = {draft.start.value.location}
    ahead = list(seen)
    leads = {entry.id: [way.to for way in location.exits.values()] for entry, location in values(draft.locations)}
    while ahead:
        new = set(leads[ahead.pop()]) - seen
        seen |= new
        ahead += new
    for location_id in draft.locations.keys() - seen:
        yield draft.locations[location_id].problem((), f"no way leads here from the start ({draft.start.value.location!r})")


def _unused(draft: Draft, found: list[Reference]) -> Iterator[Problem]:
    """Things that nothing refers to. This is no fault: an author may be about to place them."""
    for kind in BY_NAME.values():
        used = {reference.name for reference in found if reference.kind == kind.name}
        for entry in draft.tables[kind.name].values() if kind.unused else ():
            if entry.id not in used and entry.id != REMAINS:
                yield entry.problem((), kind.unused, severity="warning")


def _ways(draft: Draft) -> Iterator[tuple[DraftEntry[Location], Location, str, Exit]]:
    """Go over every exit that leads to a location that there is."""
    for entry, location in values(draft.locations):
        for direction, way in location.exits.items():
            if direction in OPPOSITE and way.to in draft.locations:
                yield entry, location, direction, way


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
