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
EXACT = 1
"""The rank up to which an id or a whole name fits."""
WHOLE = 2
"""The rank up to which whole words fit; beyond it their beginnings do."""
PLURAL = 5
"""The rank of a word that fits in the singular only."""
NO_FIT = 6
"""Greater than any rank."""
SUGGESTED = 8
"""Names that a refusal lists at most."""
COMPARED = 100
"""Names of things and people that are compared letter by letter at most, which takes its time."""


class Named(NamedTuple):
    """Something that can be meant: its id as text, its name, and other words for it."""

    id: str
    name: str
    aliases: Sequence[str] = ()


def pick(
    word: str, among: Iterable[tuple[Named, T]], *, nothing: str, code: str = "not_here", exact: bool = False, otherwise: str = ""
) -> T:
    """The one that a word means. Equal names mean the same thing. Refuses a word that fits nothing or several names.

    `nothing` is the message when there is no match; the hint names the nearest, or is `otherwise`. `exact`: only an id or a whole name fits.
    """
    candidates = list(among)
    wanted = normal(word)
    by_rank: dict[int, list[tuple[Named, T]]] = {}
    for named, thing in candidates:
        if (rank := _rank(wanted, named)) is not None and (rank <= EXACT or not exact):
            by_rank.setdefault(rank, []).append((named, thing))
    if not by_rank:
        begun = list(dict.fromkeys(named.name for named, _ in candidates if _rank(wanted, named) is not None))
        hint = (
            f"Did you mean {either(begun)}? Give the whole name."
            if begun
            else did_you_mean(wanted, [one.name for one, _ in candidates]) or otherwise
        )
        raise Refused(code, nothing, hint)
    best = by_rank[min(by_rank)]
    names = {named.name.casefold(): named.name for named, _ in best}
    if len(names) > 1:
        raise Refused("ambiguous", f"“{word}” could be {either(sorted(names.values()))}.", "Say a little more of the name.")
    return best[0][1]


def closeness(word: str, among: Iterable[Named]) -> int:
    """How well a word fits the best of these: the less, the better; `NO_FIT` where it fits none."""
    ranks = (_rank(normal(word), named) for named in among)
    return min((rank for rank in ranks if rank is not None), default=NO_FIT)


def fits(word: str, named: Named) -> bool:
    """Whether a word may mean this."""
    return _rank(normal(word), named) is not None


def did_you_mean(word: str, names: Iterable[str], most: int = COMPARED) -> str:
    """A hint with up to three near names among the first `most`; empty when none is near."""
    by_folded = dict(islice(((name.casefold(), name) for name in dict.fromkeys(names)), most))
    words = {part: name for name in by_folded.values() for part in name.casefold().split() if part not in by_folded}
    near = difflib.get_close_matches(word.casefold(), [*by_folded, *words], n=3, cutoff=0.7)
    found = list(dict.fromkeys(by_folded.get(match) or words[match] for match in near))
    return f"Did you mean {either(found)}?" if found else ""


ARTICLES = ("the ", "a ", "an ", "some ", "my ", "this ", "that ", "of ")


def bare(word: str) -> str:
    """A word as a sentence names it: as it was typed, without leading articles."""
    for article in ARTICLES:
        if word.casefold().startswith(article) and len(word) > len(article):
            return bare(word[len(article) :])
    return word


@lru_cache(4096)
def normal(word: str) -> str:
    """How words are compared: folded in accents, case, width, spaces and quotes, without leading articles."""
    folded = people.folded(normalization.straight(word))
    for article in ARTICLES:
        if folded.startswith(article) and len(folded) > len(article):
            return normal(folded[len(article) :])
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
    return PLURAL if any(one in names or set(one.split()) <= set(name.split()) for one in _singulars(wanted) for name in names) else None


def _singulars(word: str) -> list[str]:
    """Possible singulars of a word."""
    ends = (("ies", "y"), ("es", ""), ("s", ""))
    return [word[: -len(end)] + instead for end, instead in ends if word.endswith(end) and len(word) > len(end) + 2]


def either(names: Sequence[str], last: str = "or") -> str:
    """`a, b or c`, of very many the first; `last` stands before the last one."""
    if len(names) > SUGGESTED:
        return f"{', '.join(names[:SUGGESTED])} or another"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
