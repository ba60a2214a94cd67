"""What this worker believes of where others put a body or a connection: a script must be told all its keys beforehand.

The script compares and, when the belief is wrong, changes nothing and answers the truth; then it is asked again.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from echoes.errors import FacilityUnavailable

ELSEWHERE = 2
TRIES = 100
"""Each failure means that somebody else changed the same thing meanwhile."""
REMEMBERED = 10_000


class Hints:
    """The last known place of each character: a location, or a worker. Bounded; forgetting costs one round trip."""

    def __init__(self) -> None:
        self._places: OrderedDict[int, str] = OrderedDict()

    def note(self, character: int, place: str | None) -> None:
        """It is there now, or nowhere."""
        if place is None:
            self._places.pop(character, None)
            return
        self._places[character] = place
        self._places.move_to_end(character)
        if len(self._places) > REMEMBERED:
            self._places.popitem(last=False)

    def noted(self, character: int, place: str | None, done: bool) -> bool:
        """The change to `place` was made, or refused: answers `done`."""
        if done:
            self.note(character, place)
        return done

    async def settled(self, character: int, ask: Callable[[str | None], Awaitable[Any]]) -> bool:
        """Call `ask(believed place)` until the belief is right; True when the change was made, False when it was refused."""
        for _ in range(TRIES):
            verdict, *place = await ask(self._places.get(character))
            if verdict != ELSEWHERE:
                return bool(verdict)
            self.note(character, place[0].decode())
        raise FacilityUnavailable(f"character {character} is changed faster than we can follow")


def hint_of(place: str | None) -> str:
    """A belief as a script's argument: an equals sign and the place, or nothing."""
    return "" if place is None else f"={place}"
