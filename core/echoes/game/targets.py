"""Which thing a player means: by id, by name, by the beginning of a word; and what else it could have been."""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from echoes.errors import Refused

T = TypeVar("T")


class Named(NamedTuple):
    """Something that can be meant: its id as text, its name, and other words for it."""

    id: str
    name: str
    aliases: Sequence[str] = ()


def pick(word: str, among: Iterable[tuple[Named, T]], *, nothing: str, code: str = "not_here") -> T:
    """The one that is meant. Equal names mean the same, whichever; refuses a word that fits nothing or several names.

    `nothing` is the message when there is no match; the hint names the nearest.
    """
    candidates = list(among)
    wanted = normal(word)
    by_rank: dict[int, list[tuple[Named, T]]] = {}
    for named, thing in candidates:
        if (rank := _rank(wanted, named)) is not None:
            by_rank.setdefault(rank, []).append((named, thing))
    if not by_rank:
        raise Refused(code, nothing, did_you_mean(wanted, [named.name for named, _ in candidates]))
    best = by_rank[min(by_rank)]
    names = {named.name.casefold(): named.name for named, _ in best}
    if len(names) > 1:
        raise Refused("ambiguous", f"“{word}” could be {_either(sorted(names.values()))}.", "Say a little more of the name.")
    return best[0][1]


def did_you_mean(word: str, names: Iterable[str], prefix: str = "Did you mean") -> str:
    """A hint with up to three near names; empty when none is near."""
    by_folded = {name.casefold(): name for name in names}
    words = {part: name for name in by_folded.values() for part in name.casefold().split()}
    near = difflib.get_close_matches(word.casefold(), [*by_folded, *words], n=3, cutoff=0.7)
    found = list(dict.fromkeys(by_folded.get(match) or words[match] for match in near))
    return f"{prefix} {_either(found)}?" if found else ""


def normal(word: str) -> str:
    """How words are compared: folded, without a leading article."""
    folded = " ".join(word.casefold().split())
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
    if any(name.startswith(wanted) for name in names):
        return 2
    parts = wanted.split()
    if parts and any(all(any(word.startswith(part) for word in name.split()) for part in parts) for name in names):
        return 3
    return None


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
