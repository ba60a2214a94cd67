"""Bodies by name: how a name is stored, and how it is searched. See `lua/people.lua`."""

from collections.abc import Sequence

from echoes.facilities.people import folded, later_words
from echoes.facilities.registry import Body

from echoes_redis.connection import Value


def line_of(name: str) -> str:
    """Return a body's line in `names`: its name as it is shown, folded, and the rest of that from each later word."""
    key = folded(name)
    return "\n".join([" ".join(name.splitlines()), key, *later_words(key)])


def beyond(name: str) -> bytes:
    """Return the lower bound of the names after this one; of all names for the empty one."""
    return b"(=%b\n\xff" % folded(name).encode() if name else b"[="


def ranges(word: str) -> list[Value]:
    """Return the bounds of the names that begin with a word, and of the rests of names that do."""
    key = folded(word).encode()
    return [b"[=" + key, b"(=" + key + b"\xff", b"[~" + key, b"(~" + key + b"\xff"]


def bodies_of(found: Sequence[bytes]) -> list[Body]:
    """Parse the scripts' replies: character, name, location and whether it is connected, repeated."""
    return [
        Body(int(found[at]), found[at + 1].decode(), found[at + 2].decode(), connected=found[at + 3] == b"1")
        for at in range(0, len(found), 4)
    ]
