"""Expiry: expired entries are dropped, and numbers that were given out never come again."""

import heapq
import itertools
import math
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from echoes.clock import Clock

Key = TypeVar("Key", bound=Hashable)

BATCH = 32
"""Keys checked in one sweep. Each call of an owner adds one key at most, so a sweep catches up quickly and never stalls."""


class Expiry(Generic[Key]):
    """Drops expired entries, a few with every call of its owner, without its own task.

    `deadline(key)` returns (in monotonic seconds) until when a key must be kept, infinity for "until I watch it again", or None when it is
    gone; `forget(key)` drops it. To prolong a key costs nothing here: it waits in the queue once, and its deadline is read again at its
    turn. Readers check deadlines themselves; this only frees memory.
    """

    def __init__(self, deadline: Callable[[Key], float | None], forget: Callable[[Key], None]) -> None:
        self._deadline = deadline
        self._forget = forget
        self._queued: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        """The number of waiting entries."""
        return len(self._heap)

    def watch(self, key: Key, deadline: float) -> None:
        """Check `key` at `deadline`, or earlier when it is queued for an earlier time."""
        queued = self._queued.get(key)
        if deadline != math.inf and (queued is None or deadline < queued):
            self._queued[key] = deadline
            heapq.heappush(self._heap, (deadline, next(self._order), key))

    def sweep(self, now: float) -> None:
        """Drop up to `BATCH` expired keys."""
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
    """Numbers that only grow: max(previous + 1, microseconds since 1970), also when the clock stops or steps back.

    An owner that drops a name reports its number here: one number covers all the names ever dropped.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._forgotten = 0

    def after(self, previous: int | None) -> int:
        """Return the next number. `previous` is None when the owner has no record of one."""
        known = self._forgotten if previous is None else previous
        return max(known + 1, int(self._clock.time() * 1_000_000))

    def forget(self, token: int) -> None:
        """Stay above `token` for ever: its owner drops it."""
        self._forgotten = max(self._forgotten, token)
