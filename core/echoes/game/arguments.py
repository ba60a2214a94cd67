"""What was typed after the verb, as the fields of a command's frame. Whether the frame can hold them is the catalogue's business.

Names and numbers are folded (`echoes.game.normalization`); words that are spoken are not.
"""

import re
from collections.abc import Callable
from typing import Any

from echoes.errors import Refused
from echoes.game import normalization

MOST = 1_000_000
"""As a frame has it: nobody has so many of anything."""
_GIVEN = re.compile(r"(.*\S)\s+to\s+(\S.*)", re.IGNORECASE)


def one(name: str, usage: str, *, optional: bool = False) -> Callable[[str], dict[str, Any]]:
    """Everything after the verb is one name."""
    read = words(name, usage, optional=optional)
    return lambda rest: read(normalization.plain(rest))


def words(name: str, usage: str, *, optional: bool = False) -> Callable[[str], dict[str, Any]]:
    """Everything after the verb is one argument, as it was typed."""

    def read(rest: str) -> dict[str, Any]:
        if not rest and not optional:
            raise Refused("incomplete", f"{usage.partition(' ')[0].replace('_', ' ').capitalize()} what?", f"Usage: {usage}")
        return {name: rest} if rest else {}

    return read


def some(usage: str) -> Callable[[str], dict[str, Any]]:
    """`[how many] <item>`, or `all <item>`."""
    item = one("item", usage)

    def read(rest: str) -> dict[str, Any]:
        first, thing = normalization.parted(normalization.plain(rest))
        if thing and first.isdecimal() and len(first) <= 7 and int(first) > 0:
            return {"quantity": min(int(first), MOST), **item(thing)}
        return item(thing if thing and first.casefold() == "all" else rest)

    return read


def whisper(rest: str) -> dict[str, Any]:
    """`<name> <words>`."""
    to, text = normalization.parted(rest)
    if not to or not text:
        raise Refused("incomplete", "Whisper what, to whom?", "Usage: whisper <name> <words>")
    return {"to": normalization.plain(to.rstrip(":：")), "text": text}


def give(rest: str) -> dict[str, Any]:
    """`[how many] <item> to <name>`."""
    usage = "give [how many] <item> to <name>"
    found = _GIVEN.fullmatch(normalization.plain(rest))
    if found is None:
        raise Refused("incomplete", "Give what, to whom?", f"Usage: {usage}")
    thing, to = found.groups()
    return {**some(usage)(thing), "to": to}
