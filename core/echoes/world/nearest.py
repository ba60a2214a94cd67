"""The known name that is nearest to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_NAME = 64


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name most like `name`, or None when none is close. Case does not count; ties go to the first by alphabet."""
    if len(name) > LONGEST_NAME:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    found = get_close_matches(name.casefold(), sorted(by_folded), n=1)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give `; did you mean 'clinic'?` to end a message with, or nothing when no known name is close."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near is not None else ""
