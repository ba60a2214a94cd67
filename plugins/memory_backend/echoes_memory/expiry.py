"""Forgetting in good time: what has expired goes, and numbers that were given out never come again."""

import heapq
import itertools
import math
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from echoes.clock import Clock

Key = TypeVar("Key", bound=Hashable)

BATCH = 32
"""Keys looked at in one sweep: each call of an owner adds one key at most, so a sweep catches up quickly and never stalls."""


class Expiry(Generic[Key]):
    """Drops what has expired, a little with every call of its owner and without a task of its own.

    `deadline(key)` answers (in monotonic seconds) until when a key must be kept, infinity for "until I watch it again", or
    None when it is gone; `forget(key)` drops it. Prolonging a key costs nothing here: it waits in the queue once and its
    deadline is asked for again when its turn comes. Readers check deadlines themselves; this only gives memory back.
    """

    def __init__(self, deadline: Callable[[Key], float | None], forget: Callable[[Key], None]) -> None:
        self._deadline = deadline
        self._forget = forget
        self._queued: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        """How many entries wait."""
        return len(self._heap)

    def watch(self, key: Key, deadline: float) -> None:
        """Look at `key` at `deadline`, or earlier when it is queued for an earlier moment."""
        queued = self._queued.get(key)
        if deadline != math.inf and (queued is None or deadline < queued):
            self._queued[key] = deadline
            heapq.heappush(self._heap, (deadline, next(self._order), key))

    def sweep(self, now: float) -> None:
        """Drop up to `BATCH` keys whose time has come."""
        heap = self._heap
        for _ in range(BATCH):
            if not heap or heap[0][0] > now:
                return
            queued, _, key = heapq.heappop(heap)
            if self._queued.get(key) != queued:
                continue
            del self._queued[key]
            deadline = self._deadline(key)
            if deadline is None:
                continue
            if deadline <= now:
                self._forget(key)
            else:
                self.watch(key, deadline)


class Tokens:
    """Numbers that only grow: max(previous + 1, microseconds since 1970), also when the clock stands still or steps back.

    When an owner forgets a name, it says so here: one number stands for all the names ever forgotten.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._forgotten = 0

    def after(self, previous: int | None) -> int:
        """The next one; `previous` is None when the owner does not remember any."""
        known = self._forgotten if previous is None else previous
        return max(known + 1, int(self._clock.time() * 1_000_000))

    def forget(self, token: int) -> None:
        """The owner will not remember `token`: stay above it for ever."""
        self._forgotten = max(self._forgotten, token)
