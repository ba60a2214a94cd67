"""Experience and levels: pure functions of numbers.

`xp` of a character counts within its level. The next level takes 100 points for each level that one has: 100, 200, 300 and so on.

Each level beyond the first brings `POINTS_A_LEVEL` points for attributes, which begin at `USUAL` and end at `MOST`. All curves are straight lines:

- **strength**: half a hit point of each blow for a point above 5 (`echoes.world.combat`).
- **agility**: 2 % to hit, 1 % to hit critically and 5 % to get away for a point, and the order of a round (`echoes.world.combat`).
- **endurance**: `HP_A_POINT` hit points and `STAMINA_A_POINT` stamina for a point, kept in the row when the point is spent.
- **intellect**: `XP_A_POINT` percent experience for a point above 5 (`learned`), and a search draws nothing less often (`nothing_weight`).

At level 20 a character that spends all on one thing has that at 20 and 23 points more for the others.
"""

from collections.abc import Iterable
from typing import NamedTuple

MAX_LEVEL = 50
HP_A_LEVEL = 5
"""Hit points that a level adds."""
POINTS_A_LEVEL = 2
"""Points for attributes that a level brings."""
USUAL, MOST = 5, 20
"""The value of an attribute at the beginning, and its greatest."""
ATTRIBUTES = 4
"""Strength, agility, endurance, intellect."""
HP_A_POINT = 3
"""Hit points that a point of endurance adds."""
STAMINA_A_POINT = 4
"""Stamina that a point of endurance adds."""
XP_A_POINT = 2
"""Percent of experience that a point of intellect above `USUAL` adds."""


class Growth(NamedTuple):
    """A level, the experience within it, and how many levels were gained."""

    level: int
    xp: int
    gained: int


def needed(level: int) -> int:
    """The experience that leads from this level to the next."""
    return 100 * level


def with_xp(level: int, xp: int, gained: int) -> Growth:
    """A character's level and experience after it has gained some. At `MAX_LEVEL` experience no longer counts."""
    before = level
    xp += gained
    while level < MAX_LEVEL and xp >= needed(level):
        xp -= needed(level)
        level += 1
    return Growth(level, xp if level < MAX_LEVEL else 0, level - before)


def after_death(level: int, xp: int) -> int:
    """The experience that is left: a tenth of the level's is lost, never a level."""
    return max(0, xp - needed(level) // 10)


def share(xp: int, fighters: int, index: int) -> int:
    """One fighter's part of an enemy's experience; what does not divide goes to the first."""
    return xp // fighters + (1 if index < xp % fighters else 0)


def points(level: int, attributes: Iterable[int]) -> int:
    """The points that a character of a level has left to spend: none when all attributes are at `MOST`."""
    earned = min(POINTS_A_LEVEL * (level - 1), ATTRIBUTES * (MOST - USUAL))
    return max(0, earned - sum(one - USUAL for one in attributes))


def learned(xp: int, intellect: int, percent: int = 0) -> int:
    """The experience that a character gets out of `xp`; `percent` is what effects add."""
    return max(0, xp * (100 + XP_A_POINT * (intellect - USUAL) + percent) // 100)


def nothing_weight(weight: int, intellect: int) -> int:
    """The weight of drawing nothing in a search: 4 % less for each point of intellect above `USUAL`."""
    return weight * (100 - 4 * max(0, intellect - USUAL)) // 100
