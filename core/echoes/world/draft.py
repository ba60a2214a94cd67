"""The content while it is being checked: each thing with its source, as far as it could be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, TypeVar

from msgspec import Struct

from .kinds import KINDS, Kind
from .model import Dialogue, Effect, Item, Location, Loot, Mystery, Npc, Quest, Spawn, Start
from .problem import Problem, Severity, Trail
from .yaml_source import Source

T_co = TypeVar("T_co", bound=Struct, covariant=True)


@dataclass(frozen=True, slots=True)
class DraftEntry(Generic[T_co]):
    """One thing that a file defines: a location, an item, the start…"""

    id: str
    struct: type[T_co]
    source: Source
    root: Trail
    """Where in its file it begins: `()` when it has the file to itself, else `(id,)`."""
    data: object
    """As the file has it."""
    value: T_co | None
    """As the game would have it; None when the data are too broken for that."""
    faulty: frozenset[Trail] = frozenset()
    """The values (trails from `root`) that have problems already."""
    added: Mapping[Trail, tuple[Source, Trail]] = field(default_factory=dict)
    """The values (trails from `root`) that another file adds, each with its place there."""

    def problem(self, trail: Trail, message: str, *, severity: Severity = "error") -> Problem:
        """Make a problem of what is wrong with the value at `trail` (from `root`), or with the thing itself (an empty trail)."""
        for prefix, (source, root) in self.added.items():
            if trail[: len(prefix)] == prefix:
                return source.problem((*root, *trail[len(prefix) :]), message, severity=severity)
        return self.source.problem((*self.root, *trail), message, severity=severity, at_key=not trail)

    def is_faulty(self, *prefix: str) -> bool:
        """Whether something at or under that key has a problem already."""
        return any(trail[: len(prefix)] == prefix for trail in self.faulty)

    def place(self) -> str:
        """Say where it is defined: `items/food.yaml:12`."""
        return f"{self.source.file}:{self.source.keys.get(self.root, self.source.at(self.root)).line}"


@dataclass(slots=True)
class Draft:
    """Everything that the files define, by id."""

    start: DraftEntry[Start] | None = None
    tables: dict[Kind, dict[str, DraftEntry[Any]]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    named: dict[Kind, set[str]] = field(default_factory=lambda: {kind.name: set() for kind in KINDS})
    """Ids that stand in files which could not be read to their end: a reference to one of them is no fault."""
    complete: bool = True
    """Every file could be read to its end. Only then does "nothing leads here" mean anything."""

    @property
    def locations(self) -> dict[str, DraftEntry[Location]]:
        """The locations."""
        return self.tables["location"]

    @property
    def items(self) -> dict[str, DraftEntry[Item]]:
        """The templates of things."""
        return self.tables["item"]

    @property
    def npcs(self) -> dict[str, DraftEntry[Npc]]:
        """The templates of NPCs."""
        return self.tables["npc"]

    @property
    def loot(self) -> dict[str, DraftEntry[Loot]]:
        """The loot tables."""
        return self.tables["loot table"]

    @property
    def spawns(self) -> dict[str, DraftEntry[Spawn]]:
        """The populations."""
        return self.tables["spawn"]

    @property
    def effects(self) -> dict[str, DraftEntry[Effect]]:
        """The effects that a body may have."""
        return self.tables["effect"]

    @property
    def dialogues(self) -> dict[str, DraftEntry[Dialogue]]:
        """The dialogues of NPCs."""
        return self.tables["dialogue"]

    @property
    def quests(self) -> dict[str, DraftEntry[Quest]]:
        """The quests."""
        return self.tables["quest"]

    @property
    def mysteries(self) -> dict[str, DraftEntry[Mystery]]:
        """The mysteries of the city, with their clues."""
        return self.tables["mystery"]

    def ids(self, kind: Kind) -> set[str]:
        """Give every id of that kind that something may refer to."""
        return set(self.tables[kind]) | self.named[kind]

    def entries(self) -> Iterator[DraftEntry[Struct]]:
        """Go over all of them, the start first."""
        if self.start is not None:
            yield self.start
        yield from chain.from_iterable(table.values() for table in self.tables.values())


def values(table: Mapping[str, DraftEntry[T_co]]) -> Iterator[tuple[DraftEntry[T_co], T_co]]:
    """Go over those entries that could be read, with what was read."""
    for entry in table.values():
        if entry.value is not None:
            yield entry, entry.value
