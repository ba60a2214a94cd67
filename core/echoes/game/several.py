"""Which things a player means by `all`, `all bandages`, or `lantern, rope and 2 bread`: for commands that take several at once."""

import re
from collections.abc import Callable, Sequence

from echoes.errors import Refused
from echoes.game import arguments, normalization, targets
from echoes.game.targets import Named
from echoes.storage.commits import Thing

MOST = 20
"""Things that one command takes at most."""
ALL = frozenset({"all", "everything", "it all", "all things", "everything here", "all items", "every thing", "all it", "all of it"})
_PARTS = re.compile(r"\s?(?:,|&|\+|\band\b)\s?", re.IGNORECASE)
Chosen = tuple[Thing, int | None]
"""A thing, and how many of it; None for all of that stack."""


def chosen(
    word: str, quantity: int | None, among: Sequence[Thing], named: Callable[[Thing], Named], find: Callable[[str], Thing]
) -> list[Chosen]:
    """The things that are meant, each once, in the order in which they were named; never none.

    `among` is what `all` may mean. `find` finds one by its name, and refuses a name that fits nothing or several.
    Raises `Refused` where more than `MOST` are named; of `all` the first `MOST` are meant.
    """
    wanted = targets.normal(word)
    if wanted in ALL:
        return [(thing, None) for thing in among[:MOST]]
    if word.isdecimal() or any(targets.fits(word, named(thing)) for thing in among):
        return [(find(word), quantity)]
    parts = [part for part in _PARTS.split(normalization.plain(word)) if part]
    if len(parts) > MOST:
        raise Refused("too_many", "That is more than two hands can keep in mind.", f"Name {MOST} things or fewer.")
    found: dict[int, Chosen] = {}
    for place, part in enumerate(parts):
        count, name = counted(part)
        kind = _kind_of(name)
        for thing in _every(kind, among, named) or [find(kind or name)]:
            found.setdefault(thing.id, (thing, quantity if count is None and place == 0 else count))
    return list(found.values())[:MOST] or [(find(word), quantity)]


def counted(part: str) -> tuple[int | None, str]:
    """`2 bread` → 2, bread."""
    return arguments.how_many(part, 6)


def is_several(word: str) -> bool:
    """Whether more than one thing may be meant."""
    wanted = targets.normal(word)
    return wanted in ALL or wanted.startswith("all ") or len(_PARTS.split(wanted)) > 1


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _kind_of(name: str) -> str:
    """`all bandages` → bandages; empty where neither `all` nor `every` stands before it."""
    first, kind = normalization.parted(name)
    return kind if first.casefold() in {"all", "every", "each"} else ""


def _every(kind: str, among: Sequence[Thing], named: Callable[[Thing], Named]) -> list[Thing]:
    """All things of a kind; none for the empty word."""
    if not kind:
        return []
    things = [thing for thing in among if targets.fits(kind, named(thing))]
    if not things:
        return []
    best = targets.pick(kind, [(named(thing), thing.template) for thing in things], nothing="")
    return [thing for thing in things if thing.template == best]
