"""Turns at a place: commands that change it one after the other, once they have been in each other's way.

PostgreSQL decides between commands. One that was decided on rows which have changed since is decided again, and in a crowd most would be, again
and again. So those of one worker then take turns, and only those of other workers can be in their way.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATIENCE = 2.0
"""Seconds after which a command no longer waits for its turn: PostgreSQL may be slow, and the one that has the turn may wait for it."""


class PlaceTurns:
    """The turns of this worker's commands, by place. A place is known only while a command has or wants its turn there."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[asyncio.Lock, set[object]]] = {}

    def are_taken(self, place: str) -> bool:
        """Whether commands take turns at a place now."""
        return place in self._places

    @asynccontextmanager
    async def turn(self, place: str) -> AsyncIterator[None]:
        """Have the turn at a place, in the order of asking, or go on without it after `PATIENCE`."""
        lock, those_here = self._places.setdefault(place, (asyncio.Lock(), set()))
        me = object()
        those_here.add(me)
        mine = False
        try:
            with suppress(TimeoutError):  # without a turn it is decided like any other command
                async with asyncio.timeout(PATIENCE):
                    mine = await lock.acquire()
            yield
        finally:
            if mine:
                lock.release()
            those_here.discard(me)
            if not those_here:
                del self._places[place]
