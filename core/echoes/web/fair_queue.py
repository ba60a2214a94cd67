"""Turns at work that is dear: a bounded queue in which addresses take turns, so that one that asks much waits behind itself alone."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from echoes.errors import Refused, Restarting
from echoes.metrics import counting

LONGEST_ADVICE = 60.0
"""Seconds that a client is asked to wait at most before it tries again."""


class FairQueue:
    """`at_once` turns at the same time, and `most` requests that wait for one.

    The next turn goes to the address whose last turn is longest ago. In a full queue a newcomer takes the place of the youngest request of the
    address that has the most there, unless the newcomer's own address would then have as many: then the newcomer is refused.
    Refused is `Refused` (`full`), with the time that the queue takes to empty as `retry_after`.
    """

    def __init__(self, *, at_once: int, most: int) -> None:
        self._free = at_once
        self._at_once = at_once
        self._most = most
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._closed = False
        self._pace = 0.1

    @property
    def waiting(self) -> int:
        """Requests that wait for a turn."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it while the body runs. Raises `Refused` (`full`, or `unavailable` once the queue is closed)."""
        if self._closed:
            raise Restarting
        if self._free:
            self._free -= 1
        else:
            await self._wait(address)
        begun = time.monotonic()
        try:
            yield
        finally:
            self._pace += (time.monotonic() - begun - self._pace) / 8
            self._pass_on()

    def close(self) -> None:
        """Refuse all that wait, and those that come. Who has a turn may end it."""
        self._closed = True
        waiting, self._waiting = self._waiting, OrderedDict()
        for place in (place for places in waiting.values() for place in places):
            if not place.done():
                place.set_exception(Restarting())

    async def _wait(self, address: str) -> None:
        if self.waiting >= self._most:
            self._make_room(address)
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._pass_on()  # the turn came at the moment in which the client went away
            else:
                self._leave(address, place)
            raise

    def _make_room(self, address: str) -> None:
        greediest = max(self._waiting, key=lambda one: len(self._waiting[one]))
        if len(self._waiting[greediest]) <= len(self._waiting.get(address, ())) + 1:
            raise self._full()
        youngest = self._waiting[greediest][-1]
        self._leave(greediest, youngest)
        if not youngest.done():  # else its client has gone away
            youngest.set_exception(self._full())

    def _pass_on(self) -> None:
        while self._waiting:
            address, places = self._waiting.popitem(last=False)
            place = places.popleft()
            if places:
                self._waiting[address] = places
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _leave(self, address: str, place: "asyncio.Future[None]") -> None:
        places = self._waiting.get(address)
        if places is not None and place in places:
            places.remove(place)
            if not places:
                del self._waiting[address]

    def _full(self) -> Refused:
        counting.sign_in("full")
        seconds = max(1.0, min(LONGEST_ADVICE, self.waiting * self._pace / self._at_once))
        return Refused("full", "Too many people are at the gate.", "Wait a moment, then try again.", retry_after=seconds)
