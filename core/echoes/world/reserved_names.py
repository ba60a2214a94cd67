"""Names that no character can take, because players would take it for a person or a thing.

Names are compared by their skeleton (`echoes.world.names`): a name that looks like a reserved one is reserved, too.
"""

import re
from collections.abc import Iterable

from .names import skeleton

STAFF = (
    "admin", "administrator", "developer", "gamemaster", "gm", "moderator", "mod", "operator", "owner", "official", "root", "server", "staff",
    "support", "sysop", "system", "webmaster",
)  # fmt: skip
"""Words for people who run the server. No part of a name may be one of them, or begin or end with one of five letters or more."""
PRONOUNS = (
    "all", "anybody", "anyone", "everybody", "everyone", "everything", "he", "her", "here", "him", "it", "me", "my", "myself", "nobody",
    "nothing", "one", "self", "she", "somebody", "someone", "something", "stranger", "the", "them", "there", "they", "this", "to", "us", "we",
    "who", "you", "your",
)  # fmt: skip
"""Words that stand for no particular person."""
_LONG = 5
_PARTS = re.compile(r"[^'’\- ]+")


def owner_of(name: str, people: Iterable[str]) -> str | None:
    """The person of the city who has this name, or is called so: the whole name or any capitalised word of it. None when no person has it."""
    wanted = skeleton(name)
    return next((person for person in people if wanted in _called(person)), None)


def is_of_staff(name: str) -> bool:
    """Whether a part of the name says that its player runs the server."""
    parts = [skeleton(name), *(skeleton(part) for part in _PARTS.findall(name))]
    return any(part == word or (len(word) >= _LONG and (part.startswith(word) or part.endswith(word))) for part in parts for word in _STAFF)


def is_word(name: str, commands: Iterable[str]) -> bool:
    """Whether the name is one of these words of typed lines, or stands for no particular person."""
    wanted = skeleton(name)
    return wanted in _PRONOUNS or any(wanted == skeleton(word) for word in commands)


def skeletons_of(people: Iterable[str]) -> dict[str, str]:
    """The people of the city by the skeletons of their whole names."""
    return {skeleton(person): person for person in people}


def _called(person: str) -> set[str]:
    return {skeleton(person), *(skeleton(word) for word in _PARTS.findall(person) if word[0].isupper())}


_STAFF = tuple(map(skeleton, STAFF))
_PRONOUNS = frozenset(map(skeleton, PRONOUNS))
