"""Content in parts: what a database keeps and a cache serves, one entry for each thing, and put together again."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import Struct

from .content import stamped
from .kinds import KINDS
from .model import Start, World

TYPES: Mapping[str, type[Struct]] = MappingProxyType({"start": Start} | {kind.part: kind.struct for kind in KINDS})
"""The struct of each kind of part."""
START = "start"
"""The kind and the id of the one part that says where a life begins."""


class Part(NamedTuple):
    """Names one part: what kind of thing, and its id."""

    kind: str
    id: str


def taken_apart(world: World) -> dict[Part, Struct]:
    """All parts of a world."""
    parts: dict[Part, Struct] = {Part(START, START): world.start}
    return parts | {Part(kind.part, id_): thing for kind in KINDS for id_, thing in getattr(world, kind.table).items()}


def decoded(bodies: Iterable[tuple[Part, bytes]]) -> dict[Part, Struct]:
    """Parts from their JSON. Raises `msgspec.MsgspecError` for data that this release does not understand."""
    found: dict[Part, Struct] = {}
    for part, body in bodies:
        if part.kind not in TYPES:
            raise msgspec.ValidationError(f"this release knows no content of the kind {part.kind!r}")
        found[part] = msgspec.json.decode(body, type=TYPES[part.kind])
    return found


def put_together(parts: Mapping[Part, Struct]) -> World | None:
    """A world from its parts, with the version that they make; None when there is no start."""
    start = parts.get(Part(START, START))
    if not isinstance(start, Start):
        return None
    ordered = sorted(parts.items(), key=lambda pair: pair[0])
    tables = {kind.table: {part.id: thing for part, thing in ordered if part.kind == kind.part} for kind in KINDS}
    return stamped(World(start=start, version="", **tables))  # type: ignore[arg-type]
