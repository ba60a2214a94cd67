"""Bodies by name, in this process, for a backend of one process and for a worker with a backend that is down."""

import unicodedata
from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import islice

LAST = "\U0010ffff"
"""Greater than any letter of a name."""
Entry = tuple[str, int]


def folded(name: str) -> str:
    """Fold a name for comparison: without regard to accents, case, width, runs of spaces and the kind of apostrophe.

    Characters whose names differ in accents alone cannot both exist (`echoes.world.names.skeleton`).
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFKC", bare).replace("’", "'").split())


def later_words(name: str) -> list[str]:
    """Return the rest of a folded name from each word after its first. A search matches these besides the name's beginning."""
    words = name.split(" ")
    return [" ".join(words[at:]) for at in range(1, len(words))]


class _Index:
    """Sorted names, and sorted rests of names."""

    def __init__(self) -> None:
        self.names: list[Entry] = []
        self.rests: list[Entry] = []

    def add(self, name: str, character: int) -> None:
        insort(self.names, (name, character))
        for rest in later_words(name):
            insort(self.rests, (rest, character))

    def discard(self, name: str, character: int) -> None:
        _discard(self.names, (name, character))
        for rest in later_words(name):
            _discard(self.rests, (rest, character))


class People:
    """The location of each body, by folded name. Every operation costs at most a search in a sorted list."""

    def __init__(self) -> None:
        self._everywhere = _Index()
        self._by_location: dict[str, _Index] = {}
        self._known: dict[int, tuple[str, str]] = {}

    def put(self, character: int, name: str, location: str) -> None:
        """Store a character's name and current location."""
        if self._known.get(character) == (folded(name), location):
            return
        self.discard(character)
        self._known[character] = folded(name), location
        for index in (self._everywhere, self._by_location.setdefault(location, _Index())):
            index.add(folded(name), character)

    def discard(self, character: int) -> None:
        """Remove the character, if it is known."""
        if character not in self._known:
            return
        name, location = self._known.pop(character)
        here = self._by_location[location]
        for index in (self._everywhere, here):
            index.discard(name, character)
        if not here.names:
            del self._by_location[location]

    def listed(self, location: str | None, limit: int, after: str = "") -> tuple[Sequence[int], int]:
        """Return characters in the order of their names, after the name `after`, and their number in all."""
        names = self._of(location).names
        start = bisect_left(names, (f"{folded(after)}\0", 0)) if after else 0
        return [character for _, character in names[start : start + limit]], len(names)

    def found(self, word: str, location: str | None, limit: int) -> Sequence[int]:
        """Return characters with this id, and those with a name, or the rest of it from a later word, that begins with the word."""
        index, wanted = self._of(location), folded(word)
        found: dict[int, None] = {}
        if word.isdecimal() and (known := self._known.get(int(word))) is not None and location in {None, known[1]}:
            found[int(word)] = None
        for entries in (index.names, index.rests):
            start, end = bisect_left(entries, (wanted, 0)), bisect_left(entries, (wanted + LAST, 0))
            found |= dict.fromkeys(character for _, character in islice(entries, start, min(end, start + limit)))
        return list(found)[:limit]

    def _of(self, location: str | None) -> _Index:
        return self._everywhere if location is None else self._by_location.get(location, _Index())


def _discard(entries: list[Entry], entry: Entry) -> None:
    at = bisect_left(entries, entry)
    if at < len(entries) and entries[at] == entry:
        del entries[at]
