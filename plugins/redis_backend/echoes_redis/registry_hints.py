"""Where this worker last saw a body or a connection: a script must be given all its keys beforehand.

The script compares. When the hint is wrong, it changes nothing and returns the truth; then it is called again.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from echoes.errors import FacilityUnavailable

ELSEWHERE = 2
TRIES = 100
"""Each failure means that another call changed the same thing meanwhile."""
REMEMBERED = 10_000


class Hints:
    """The last known place of each character: a location, or a worker. Bounded; a lost hint costs one round trip."""

    def __init__(self) -> None:
        self._places: OrderedDict[int, str] = OrderedDict()

    def note(self, character: int, place: str | None) -> None:
        """Note the place of the character, or None."""
        if place is None:
            self._places.pop(character, None)
            return
        self._places[character] = place
        self._places.move_to_end(character)
        if len(self._places) > REMEMBERED:
            self._places.popitem(last=False)

    def noted(self, character: int, place: str | None, done: bool) -> bool:
        """Note that the change to `place` was made, or refused: returns `done`."""
        if done:
            self.note(character, place)
        return done

    async def settled(self, character: int, ask: Callable[[str | None], Awaitable[Any]]) -> bool:
        """Call `ask(hint)` until the hint is right. True when the change was made, False when it was refused."""
        for _ in range(TRIES):
            verdict, *place = await ask(self._places.get(character))
            if verdict != ELSEWHERE:
                return bool(verdict)
            self.note(character, place[0].decode())
        raise FacilityUnavailable(f"character {character} is changed faster than we can follow")


def hint_of(place: str | None) -> str:
    """Return a hint as a script's argument: an equals sign and the place, or nothing."""
    return "" if place is None else f"={place}"
