"""The laws of bodies and things: pure functions over numbers and templates."""

import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from echoes.world.model import Body, Item, Loot

_HAIR = 1e-6
"""A part of a point that rounding may take away: clocks count from 1970."""


class Load(NamedTuple):
    """The load of a character and its limits: kilograms and litres."""

    weight: float
    max_weight: float
    volume: float
    max_volume: float

    def fits(self, template: Item, quantity: int) -> bool:
        """Whether this many more can be carried."""
        return self._replace(weight=self.weight + template.weight * quantity, volume=self.volume + template.volume * quantity).bearable

    @property
    def bearable(self) -> bool:
        """Whether it can be carried at all (a hair's breadth of rounding aside)."""
        return self.weight <= self.max_weight + 1e-9 and self.volume <= self.max_volume + 1e-9


def stamina_at(now: float, *, stamina: float, since: float, maximum: int, resting: bool, body: Body) -> float:
    """Stamina at `now` (Unix seconds), having been `stamina` at `since`: it returns at a steady rate, faster at rest."""
    return min(float(maximum), stamina + max(0.0, now - since) * stamina_per_minute(body, resting=resting) / 60)


def stamina_per_minute(body: Body, *, resting: bool) -> float:
    """How fast stamina returns."""
    return body.stamina_per_minute * (body.rest_multiplier if resting else 1)


class Health(NamedTuple):
    """Hit points, and the moment (Unix seconds) at which they had just become that many."""

    hp: int
    at: float


def health_at(now: float, *, hp: int, since: float, maximum: int, per_minute: float) -> Health:
    """Hit points at `now`, having been `hp` at `since`: whole points at a steady rate. The part of a point that has grown is kept in the moment.

    Computing again at the same `now` from the result gives the result.
    """
    if hp >= maximum or per_minute <= 0:
        return Health(hp, now)
    grown = int(max(0.0, now - since) * per_minute / 60 + _HAIR)
    return Health(maximum, now) if hp + grown >= maximum else Health(hp + grown, since + grown * 60 / per_minute)


def health_per_minute(body: Body, *, resting: bool, fighting: bool) -> float:
    """How fast hit points return: not at all in a fight."""
    return 0.0 if fighting else body.hp_per_minute * (body.rest_multiplier if resting else 1)


def load_of(carried: Iterable[tuple[Item, int, bool]], body: Body) -> Load:
    """The load of (template, quantity, worn) triples. What is worn weighs but takes no room; a worn bag adds room and carries weight."""
    weight = volume = 0.0
    max_weight, max_volume = body.carry_weight, body.carry_volume
    for template, quantity, worn in carried:
        weight += template.weight * quantity
        if worn:
            max_weight += template.carries_weight
            max_volume += template.carries_volume
        else:
            volume += template.volume * quantity
    return Load(round(weight, 3), max_weight, round(volume, 3), max_volume)


def draw(table: Loot, dice: random.Random) -> Mapping[str, int]:
    """What a search yields: item id to quantity, possibly nothing."""
    found: dict[str, int] = {}
    for _ in range(table.rolls):
        total = table.nothing + sum(entry.weight for entry in table.entries)
        mark = dice.randrange(total) if total else 0
        for entry in table.entries:
            if mark < entry.weight:
                found[entry.item] = found.get(entry.item, 0) + dice.randint(entry.least, entry.most)
                break
            mark -= entry.weight
    return found
