"""The characters on this worker that ignore a speaker: one look-up for each message that is spoken, and none for any other."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

NOT_ONE: AbstractSet[int] = frozenset()


class Ignores:
    """The lists of a worker's players, by listener and by speaker. Its size is that of their lists, which `echoes.game.commands.ignoring` bounds."""

    def __init__(self) -> None:
        self._speakers: dict[int, tuple[int, Collection[int]]] = {}
        """By listener: the version of the row that has the list, and the list."""
        self._listeners: dict[int, set[int]] = {}
        """By speaker."""

    def of(self, speaker: int) -> AbstractSet[int]:
        """The listeners whom a speaker does not reach."""
        return self._listeners.get(speaker, NOT_ONE)

    def learn(self, listener: int, version: int, speakers: Iterable[int]) -> None:
        """Set the list of a listener, as of a version of its row. An older list than the known one changes nothing."""
        if (known := self._speakers.get(listener)) is not None and version < known[0]:
            return
        self.forget(listener)
        self._speakers[listener] = version, tuple(speakers)
        for speaker in self._speakers[listener][1]:
            self._listeners.setdefault(speaker, set()).add(listener)

    def forget(self, listener: int) -> None:
        """The listener is no longer played here."""
        for speaker in self._speakers.pop(listener, (0, ()))[1]:
            listeners = self._listeners.get(speaker, set())
            listeners.discard(listener)
            if not listeners:
                self._listeners.pop(speaker, None)
