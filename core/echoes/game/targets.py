"""Which thing a player means: by id, by name, by the beginning of a word; and what else it could have been."""

import difflib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeVar

from echoes.errors import Refused
from echoes.facilities import people
from echoes.game import normalization

T = TypeVar("T")
WHOLE = 2
"""The rank up to which whole words fit; beyond it their beginnings do."""
SUGGESTED = 8
"""Names that a refusal lists at most."""
COMPARED = 100
"""Names that are compared letter by letter at most, which takes its time."""


class Named(NamedTuple):
    """Something that can be meant: its id as text, its name, and other words for it."""

    id: str
    name: str
    aliases: Sequence[str] = ()


def pick(word: str, among: Iterable[tuple[Named, T]], *, nothing: str, code: str = "not_here", whole: bool = False) -> T:
    """The one that a word means. Equal names mean the same thing. Refuses a word that fits nothing or several names.

    `nothing` is the message when there is no match; the hint names the nearest. `whole`: only an id, a whole name or whole words of one fit.
    """
    candidates = list(among)
    wanted = normal(word)
    by_rank: dict[int, list[tuple[Named, T]]] = {}
    for named, thing in candidates:
        if (rank := _rank(wanted, named)) is not None and (rank <= WHOLE or not whole):
            by_rank.setdefault(rank, []).append((named, thing))
    if not by_rank:
        begun = list(dict.fromkeys(named.name for named, _ in candidates if _rank(wanted, named) is not None))
        hint = (
            f"Did you mean {_either(begun)}? Give the whole name." if begun else did_you_mean(wanted, [one.name for one, _ in candidates])
        )
        raise Refused(code, nothing, hint)
    best = by_rank[min(by_rank)]
    names = {named.name.casefold(): named.name for named, _ in best}
    if len(names) > 1:
        raise Refused("ambiguous", f"“{word}” could be {_either(sorted(names.values()))}.", "Say a little more of the name.")
    return best[0][1]


def fits(word: str, named: Named) -> bool:
    """Whether a word may mean this."""
    return _rank(normal(word), named) is not None


def did_you_mean(word: str, names: Iterable[str], prefix: str = "Did you mean") -> str:
    """A hint with up to three near names among the first `COMPARED`; empty when none is near."""
    by_folded = dict(islice(((name.casefold(), name) for name in dict.fromkeys(names)), COMPARED))
    words = {part: name for name in by_folded.values() for part in name.casefold().split()}
    near = difflib.get_close_matches(word.casefold(), [*by_folded, *words], n=3, cutoff=0.7)
    found = list(dict.fromkeys(by_folded.get(match) or words[match] for match in near))
    return f"{prefix} {_either(found)}?" if found else ""


@lru_cache(4096)
def normal(word: str) -> str:
    """How words are compared: folded in case, width, spaces and quotes, without a leading article."""
    folded = people.folded(normalization.straight(word))
    for article in ("the ", "a ", "an ", "some ", "my "):
        if folded.startswith(article) and len(folded) > len(article):
            return folded[len(article) :]
    return folded


def _rank(wanted: str, named: Named) -> int | None:
    if wanted == named.id:
        return 0
    names = [normal(name) for name in (named.name, *named.aliases)]
    if wanted in names:
        return 1
    parts = wanted.split()
    if parts and any(set(parts) <= set(name.split()) for name in names):
        return WHOLE
    if any(name.startswith(wanted) for name in names):
        return 3
    if parts and any(all(any(word.startswith(part) for word in name.split()) for part in parts) for name in names):
        return 4
    return None


def _either(names: Sequence[str]) -> str:
    if len(names) > SUGGESTED:
        return f"{', '.join(names[:SUGGESTED])} or another"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
