"""Content in parts: what a database keeps and a cache serves, one entry for each thing, and put together again."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import Struct

from .content import stamped
from .model import Item, Location, Loot, Npc, Start, World

TYPES: Mapping[str, type[Struct]] = MappingProxyType({"start": Start, "location": Location, "item": Item, "npc": Npc, "loot": Loot})
"""Kinds of parts, and what each is."""
START = "start"
"""The kind and the id of the one part that says where a life begins."""


class Part(NamedTuple):
    """Names one part: what kind of thing, and its id."""

    kind: str
    id: str


def taken_apart(world: World) -> dict[Part, Struct]:
    """All parts of a world."""
    tables: dict[str, Mapping[str, Struct]] = {"location": world.locations, "item": world.items, "npc": world.npcs, "loot": world.loot}
    parts: dict[Part, Struct] = {Part(START, START): world.start}
    return parts | {Part(kind, id_): thing for kind, table in tables.items() for id_, thing in table.items()}


def decoded(bodies: Iterable[tuple[Part, bytes]]) -> dict[Part, Struct]:
    """Parts from their JSON. Raises `msgspec.MsgspecError` for what this release does not understand."""
    return {part: msgspec.json.decode(body, type=TYPES[part.kind]) for part, body in bodies}


def put_together(parts: Mapping[Part, Struct]) -> World | None:
    """A world from its parts, with the version that they make; None when there is no start."""
    start = parts.get(Part(START, START))
    if not isinstance(start, Start):
        return None
    ordered = sorted(parts.items(), key=lambda pair: pair[0])
    return stamped(
        World(
            start=start,
            locations={part.id: thing for part, thing in ordered if isinstance(thing, Location)},
            items={part.id: thing for part, thing in ordered if isinstance(thing, Item)},
            npcs={part.id: thing for part, thing in ordered if isinstance(thing, Npc)},
            loot={part.id: thing for part, thing in ordered if isinstance(thing, Loot)},
            version="",
        )
    )
