"""Experience and levels: pure functions of numbers.

`xp` of a character counts within its level. The next level takes 100 points for each level that one has: 100, 200, 300 and so on.
"""

from typing import NamedTuple

MAX_LEVEL = 50
HP_A_LEVEL = 5
"""Hit points that a level adds."""


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
