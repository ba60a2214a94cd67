"""Packs: content that extensions bring. It is merged with the game's own, and both are checked as one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from .draft import Draft, DraftEntry
from .model import Direction, Exit, Id, Location
from .nearest import did_you_mean
from .problem import Problem, quoted
from .shape import Shaper, kind_of
from .yaml_source import REFUSED, Source

WAYS_FILE: Final = "ways.yaml"
"""The file of a pack that adds exits to locations of others: location → direction → exit."""
Ways = dict[Id, dict[Direction, Exit]]


class Pack(NamedTuple):
    """A content folder of an extension: laid out as the game's own, without a start."""

    name: str
    """The extension's entry point name."""
    folder: Path

    def printed(self, file: str) -> str:
        """Name one of its files in a problem."""
        return f"extension {self.name}: {file}"


def add_ways(draft: Draft, source: Source) -> Iterator[Problem]:
    """Add the exits of a pack's `ways.yaml` to their locations. Yields what is wrong with them; no exit is replaced."""
    yield from source.problems
    if not source.readable or source.data is REFUSED:
        draft.complete = False
        return
    shaper = Shaper(source)
    shaped = shaper.shape((), source.data, kind_of(Ways))
    yield from shaper.problems
    for id_, ways in shaped.items() if isinstance(shaped, dict) else ():
        if id_ not in draft.ids("location"):
            yield source.problem((id_,), f"no location {quoted(id_)}{did_you_mean(id_, draft.ids('location'))}", at_key=True)
        for direction, way in ways.items() if id_ in draft.locations else ():
            entry = draft.locations[id_]
            if isinstance(entry.data, dict) and direction in entry.data.get("exits", ()):
                place = entry.problem(("exits", direction), "").file
                yield source.problem((id_, direction), f"{id_!r} has an exit {direction} already, in {place}", at_key=True)
            else:
                faulty = any(trail[:2] == (id_, direction) for trail in shaper.faulty)
                draft.locations[id_] = _extended(entry, direction, way, source, faulty=faulty)


def _extended(entry: DraftEntry[Location], direction: Direction, way: Exit, source: Source, *, faulty: bool) -> DraftEntry[Location]:
    """Give the location with one more exit, whose problems are reported in the pack's file."""
    data: dict[str, Any] = dict(entry.data) if isinstance(entry.data, dict) else {}
    data["exits"] = {**data.get("exits", {}), direction: source.data[entry.id][direction]}  # type: ignore[index] # it has been shaped
    trail = ("exits", direction)
    value = entry.value
    if value is not None:
        value = msgspec.structs.replace(value, exits={**value.exits, direction: way})
    return replace(
        entry, data=data, value=value, faulty=entry.faulty | ({trail} if faulty else set()),
        added={**entry.added, trail: (source, (entry.id, direction))},
    )  # fmt: skip
