"""Parsers of what was typed after the verb, for more than one family: text to fields of the command's frame. The catalogue checks the fields.

Names and numbers are folded (`echoes.game.normalization`); words that are spoken are not.
"""

from collections.abc import Callable, Collection
from typing import Any

from echoes.errors import Refused
from echoes.game import normalization

AT = frozenset({
    "again", "around", "at", "behind", "carefully", "closely", "closer", "in", "inside", "into", "on", "out", "over", "through", "under", "upon",
})  # fmt: skip
"""Words that may stand between a verb and its object."""
AROUND = frozenset({
    "about", "about me", "all", "around", "around me", "around here", "everything", "everywhere", "here", "place", "room", "the place", "the room",
    "the whole place", "the whole room", "this place",
})  # fmt: skip
"""Words behind `look` or `search` that mean the whole place."""
TO = frozenset({"to", "toward", "towards", "into", "in", "inside", "through", "back", "over"})
"""Words that may stand between a verb of walking and the place."""
PRONOUNS = frozenset({"he", "her", "him", "it", "she", "them", "they"})
"""Words that mean a person or a thing of before."""
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ARTICLES = frozenset({"the", "a", "an", "some", "my"})


def one(
    name: str, usage: str, *, optional: bool = False, skip: Collection[str] = (), whole: Collection[str] = ()
) -> Callable[[str], dict[str, Any]]:
    """Everything after the verb is one name; words of `skip` before it do not count, and one of `whole` alone is no name."""
    read = words(name, usage, optional=optional)

    def read_name(rest: str) -> dict[str, Any]:
        line = normalization.plain(rest)
        return read("" if line.casefold() in whole else without(skip, line))

    return read_name


def before(mark: str, read: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """As `read`, without what stands behind a word: `rat with the poker`."""
    return lambda rest: read(normalization.plain(rest).casefold().partition(f" {mark} ")[0] if f" {mark} " in rest.casefold() else rest)


def words(name: str, usage: str, *, optional: bool = False) -> Callable[[str], dict[str, Any]]:
    """Everything after the verb is one argument, as it was typed."""

    def read(rest: str) -> dict[str, Any]:
        if not rest and not optional:
            raise Refused("incomplete", f"{usage.partition(' ')[0].replace('_', ' ').capitalize()} what?", f"Usage: {usage}")
        return {name: rest} if rest else {}

    return read


def how_many(text: str, digits: int = 7) -> tuple[int | None, str]:
    """The number before a name, in digits or in words to ten, and the name; None where there is none."""
    first, name = normalization.parted(text)
    word = first.casefold()
    if not name:
        return None, text
    if word in NUMBERS:
        return NUMBERS.index(word) + 1, name
    return (int(word), name) if word.isdecimal() and len(word) <= digits and int(word) > 0 else (None, text)


def without(skip: Collection[str], text: str) -> str:
    """A text without leading words of `skip`, and without the article after one; its last word always stays."""
    first, rest = normalization.parted(text)
    if not rest or first.casefold() not in skip:
        return text
    article, beyond = normalization.parted(rest)
    return without(skip, beyond if beyond and article.casefold() in ARTICLES else rest)
