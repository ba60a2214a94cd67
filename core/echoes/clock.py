"""Time as the server reads it: injected, so that a test can turn it."""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

LEEWAY = 60.0
"""Seconds by which the clocks of two hosts may differ without consequence. Every comparison of two hosts' clocks is listed in docs/operations.md."""


def leeway_of(life: float) -> float:
    """The leeway at the end of a lifetime in seconds: a sixtieth of it, and `LEEWAY` at most."""
    return min(LEEWAY, life / 60)


class Clock(Protocol):
    """The clock that a backend or a timer reads. Rules of the game use PostgreSQL's clock instead (`echoes.storage`)."""

    def time(self) -> float:
        """Wall-clock seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` have passed on this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    def time(self) -> float:
        """Wall-clock seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until a test calls `advance`; sleepers wake in the order of their deadlines."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def time(self) -> float:
        """Wall-clock seconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """The same, since it never runs backwards."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once `advance` has passed the deadline."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._now + seconds, self._count, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, waking each sleeper at its own deadline and letting it run; who has just started may lie down first."""
        await _settle()
        target = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            deadline, _, future = heapq.heappop(self._sleepers)
            self._now = max(self._now, deadline)
            if not future.done():
                future.set_result(None)
            await _settle()
        self._now = target
        await _settle()


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


Advance = Callable[[float], Awaitable[None]]
"""The contract suites call it to let time pass, on any clock that a backend's leases use."""
