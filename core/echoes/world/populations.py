"""Populations: which NPCs live as rows, how many of them, and in which locations. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .model import Location, Spawn, World


class Population(NamedTuple):
    """At most `most` NPCs of one kind, in these locations; `seconds` after one is gone the next one comes."""

    id: str
    npc: str
    most: int
    seconds: float
    locations: tuple[str, ...]


class Populations:
    """All populations of a world: its spawns, and each hostile NPC that a location names."""

    def __init__(self, world: World) -> None:
        found = [
            Population(id_, spawn.npc, spawn.most, spawn.minutes * 60, locations_of(spawn, world.locations))
            for id_, spawn in sorted(world.spawns.items())
        ]
        found += [
            Population(f"{place}.{npc}", npc, 1, world.npcs[npc].respawn_minutes * 60, (place,))
            for place, location in sorted(world.locations.items())
            for npc in location.npcs
            if is_hostile(npc, world)
        ]
        self.by_id: Mapping[str, Population] = {one.id: one for one in found}
        self.reached = frozenset(place for one in found for place in one.locations)
        """Locations in which an NPC with a row may be."""


def locations_of(spawn: Spawn, locations: Mapping[str, Location]) -> tuple[str, ...]:
    """The locations in which a spawn lives, by id."""
    if spawn.locations:
        return tuple(sorted(set(spawn.locations)))
    return tuple(_allowed(spawn, locations.items()))


def _allowed(spawn: Spawn, locations: Iterable[tuple[str, Location]]) -> Iterable[str]:
    for id_, location in sorted(locations):
        dangerous = spawn.least_danger <= location.danger_level <= spawn.most_danger
        if dangerous and spawn.district in {"", location.district}:
            yield id_


def stays(location: Location, world: World) -> list[str]:
    """The NPCs of a location that never leave it and have no row: those it names that are not hostile."""
    return [npc for npc in location.npcs if npc in world.npcs and not is_hostile(npc, world)]


def is_hostile(npc: str, world: World) -> bool:
    """Whether the world has this NPC, and it attacks strangers."""
    return npc in world.npcs and world.npcs[npc].disposition == "hostile"
