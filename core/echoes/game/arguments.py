"""Parsers of what was typed after the verb, for more than one family: text to fields of the command's frame. The catalogue checks the fields.

Names and numbers are folded (`echoes.game.normalization`); words that are spoken are not.
"""

from collections.abc import Callable
from typing import Any

from echoes.errors import Refused
from echoes.game import normalization


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
