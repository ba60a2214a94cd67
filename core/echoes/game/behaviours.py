"""Behaviours of NPCs: named rules that choose where one goes next. Extensions add theirs by the hook `echoes_behaviours`."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from echoes.errors import ConfigurationError
from echoes.storage.npcs import NpcRow


@dataclass(frozen=True)
class Situation:
    """Everything that a behaviour may look at. `ways` are the neighbours in which its population lives, by id, sorted."""

    row: NpcRow
    ways: Sequence[str]
    dice: random.Random
    players: frozenset[str] = frozenset()
    """Those of the NPC's location and `ways` in which a player is awake; only for a behaviour that `senses_players`."""
    pack: Mapping[str, int] = field(default_factory=dict)
    """How many others of its population are in each location; only for a behaviour that `senses_pack`."""


@dataclass(frozen=True)
class BehaviourSpec:
    """A behaviour. `choose` answers the location to go to, one of `ways`, or None to stay; it is a pure function."""

    name: str
    choose: Callable[[Situation], str | None]
    senses_players: bool = False
    senses_pack: bool = False
    attacks: bool = False
    """Whether a hostile NPC attacks a player who is in its location, without being attacked first."""


def stand(_: Situation) -> None:
    """Never move."""


def wander(situation: Situation) -> str | None:
    """Go to any neighbour."""
    return situation.dice.choice(situation.ways) if situation.ways else None


def guard(situation: Situation) -> str | None:
    """Go home, one step where that is a neighbour; else wander until it is one."""
    if situation.row.location_id == situation.row.home:
        return None
    return situation.row.home if situation.row.home in situation.ways else wander(situation)


def hunt(situation: Situation) -> str | None:
    """Stay where a player is; else go to a neighbour where one is; else wander."""
    if situation.row.location_id in situation.players:
        return None
    prey = [way for way in situation.ways if way in situation.players]
    return situation.dice.choice(prey) if prey else wander(situation)


def pack(situation: Situation) -> str | None:
    """Gather: go to the neighbour with most of its population if more are there than here; together they hunt."""
    here = situation.pack.get(situation.row.location_id, 0)
    most = max((situation.pack.get(way, 0) for way in situation.ways), default=0)
    if most > here:
        return min(way for way in situation.ways if situation.pack.get(way, 0) == most)
    return hunt(situation) if here else None


def flee(situation: Situation) -> str | None:
    """Leave a location where a player is, for one where none is."""
    if situation.row.location_id not in situation.players:
        return None
    calm = [way for way in situation.ways if way not in situation.players]
    return situation.dice.choice(calm) if calm else None


CORE = (
    BehaviourSpec("stand", stand, attacks=True),
    BehaviourSpec("wander", wander),
    BehaviourSpec("guard", guard, attacks=True),
    BehaviourSpec("hunt", hunt, senses_players=True, attacks=True),
    BehaviourSpec("pack", pack, senses_players=True, senses_pack=True, attacks=True),
    BehaviourSpec("flee", flee, senses_players=True),
)


def behaviours_of(*given: Iterable[Any]) -> Mapping[str, BehaviourSpec]:
    """By name. Raises `ConfigurationError` for something else than a `BehaviourSpec`, and for two of one name."""
    found: dict[str, BehaviourSpec] = {}
    for spec in (one for some in given for one in some):
        if not isinstance(spec, BehaviourSpec):
            raise ConfigurationError(f"an extension offers {spec!r} as a behaviour; echoes_behaviours returns BehaviourSpec objects")
        if spec.name in found:
            raise ConfigurationError(f"two behaviours are called {spec.name!r}; rename one of them")
        found[spec.name] = spec
    return found
