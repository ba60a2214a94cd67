"""What was typed after the verb, as the fields of a command's frame. Whether the frame can hold them is the catalogue's business."""

from collections.abc import Callable
from typing import Any

from echoes.errors import Refused

MOST = 1_000_000
"""As a frame has it: nobody has so many of anything."""


def one(name: str, usage: str, *, optional: bool = False) -> Callable[[str], dict[str, Any]]:
    """Everything after the verb is one argument."""

    def read(rest: str) -> dict[str, Any]:
        if not rest and not optional:
            raise Refused("incomplete", f"{usage.partition(' ')[0].replace('_', ' ').capitalize()} what?", f"Usage: {usage}")
        return {name: rest} if rest else {}

    return read


def some(usage: str) -> Callable[[str], dict[str, Any]]:
    """`[how many] <item>`."""

    def read(rest: str) -> dict[str, Any]:
        words = rest.split()
        if len(words) > 1 and words[0].isdecimal() and len(words[0]) <= 7 and int(words[0]) > 0:
            return {"quantity": min(int(words[0]), MOST), **one("item", usage)(" ".join(words[1:]))}
        return one("item", usage)(rest.removeprefix("all ") if rest.startswith("all ") else rest)

    return read


def whisper(rest: str) -> dict[str, Any]:
    """`<name> <words>`."""
    to, _, text = rest.partition(" ")
    if not to or not text.strip():
        raise Refused("incomplete", "Whisper what, to whom?", "Usage: whisper <name> <words>")
    return {"to": to, "text": text.strip()}


def give(rest: str) -> dict[str, Any]:
    """`[how many] <item> to <name>`."""
    thing, found, to = rest.rpartition(" to ")
    if not found or not thing.strip() or not to.strip():
        raise Refused("incomplete", "Give what, to whom?", "Usage: give [how many] <item> to <name>")
    return {**some("give [how many] <item> to <name>")(thing.strip()), "to": to.strip()}
