"""The laws of bodies and things: pure functions over numbers and templates."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from echoes.world import growth
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


class Pace(NamedTuple):
    """How fast something grows, until a moment (Unix seconds)."""

    until: float
    per_minute: float


def steady(per_minute: float) -> tuple[Pace, ...]:
    """The same pace for ever."""
    return (Pace(math.inf, per_minute),)


def grown(since: float, now: float, paces: Sequence[Pace]) -> float:
    """How much has grown between two moments, at one pace after the other. Nothing when the clock has stepped back."""
    total, start = 0.0, since
    for pace in paces:
        end = min(now, pace.until)
        if end > start:
            total += (end - start) * pace.per_minute / 60
            start = end
    return total


def stamina_at(now: float, *, stamina: float, since: float, maximum: int, paces: Sequence[Pace]) -> float:
    """Stamina at `now` (Unix seconds), having been `stamina` at `since`. The last pace has no end."""
    return min(float(maximum), stamina + grown(since, now, paces))


def stamina_per_minute(body: Body, *, resting: bool, percent: int = 0) -> float:
    """How fast stamina returns: faster at rest, and by `percent` of what effects change."""
    return body.stamina_per_minute * (body.rest_multiplier if resting else 1) * max(0, 100 + percent) / 100


class Health(NamedTuple):
    """Hit points, and the moment (Unix seconds) at which they had just become that many."""

    hp: int
    at: float


def health_at(now: float, *, hp: int, since: float, maximum: int, paces: Sequence[Pace]) -> Health:
    """Hit points at `now`, having been `hp` at `since`: whole points, at one pace after the other; the last one has no end.

    The part of a point that has grown is kept in the moment, as far as the present pace has brought it. Computing again at the same `now`
    from the result gives the result.
    """
    amount = grown(since, now, paces)
    points = int(amount + _HAIR)
    if hp + points >= maximum:
        return Health(max(hp, maximum), now)
    pace = next(one.per_minute for one in paces if one.until > now)
    begun = max((one.until for one in paces if one.until <= now), default=since)
    if pace <= 0:
        return Health(hp + points, now)
    return Health(hp + points, min(max(since, begun, now - (amount - points) * 60 / pace), max(now, since)))


def health_per_minute(body: Body, *, resting: bool, fighting: bool, percent: int = 0) -> float:
    """How fast hit points return: not at all in a fight, faster at rest, and by `percent` of what effects change."""
    return 0.0 if fighting else body.hp_per_minute * (body.rest_multiplier if resting else 1) * max(0, 100 + percent) / 100


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


def draw(table: Loot, dice: random.Random, intellect: int = growth.USUAL) -> Mapping[str, int]:
    """The yield of a search: item id to quantity, possibly nothing. Intellect makes nothing rarer."""
    found: dict[str, int] = {}
    for _ in range(table.rolls):
        total = growth.nothing_weight(table.nothing, intellect) + sum(entry.weight for entry in table.entries)
        mark = dice.randrange(total) if total else 0
        for entry in table.entries:
            if mark < entry.weight:
                found[entry.item] = found.get(entry.item, 0) + dice.randint(entry.least, entry.most)
                break
            mark -= entry.weight
    return found
