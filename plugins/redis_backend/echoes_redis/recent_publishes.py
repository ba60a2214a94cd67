"""The latest messages of a worker, kept so that it can publish them again when Redis comes back without them."""

import time
from collections import Counter, deque
from collections.abc import Iterator

from msgspec import Struct


class Published(Struct, frozen=True):
    """One message that Redis acknowledged."""

    at: float
    channel: str
    tag: bytes
    payload: bytes


class RecentPublishes:
    """The messages of the last `seconds`, oldest first, `limit` bytes at most; of a channel `messages` are published again.

    It stands still between acknowledged publishes and calls of `prune`.
    """

    def __init__(self, seconds: float, messages: int, limit: int) -> None:
        self._messages = messages
        self._seconds = seconds
        self._limit = limit
        self._bytes = 0
        self._entries: deque[Published] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, channel: str, tag: bytes, payload: bytes) -> None:
        """Add a message that Redis acknowledged."""
        if self._seconds <= 0:
            return
        self._entries.append(Published(time.monotonic(), channel, tag, payload))
        self._bytes += len(payload) + len(tag) + len(channel)
        while self._bytes > self._limit:
            self._drop()

    def prune(self) -> None:
        """Drop older messages; to be called while Redis is known to be healthy."""
        oldest = time.monotonic() - self._seconds
        while self._entries and self._entries[0].at < oldest:
            self._drop()

    def replay(self) -> Iterator[Published]:
        """Return the messages in order, of each channel only the newest: subscribers recognise no more than that number."""
        surplus = Counter(entry.channel for entry in self._entries)
        surplus.subtract(dict.fromkeys(surplus, self._messages))
        for entry in self._entries:
            if surplus[entry.channel] > 0:
                surplus[entry.channel] -= 1
            else:
                yield entry

    def _drop(self) -> None:
        entry = self._entries.popleft()
        self._bytes -= len(entry.payload) + len(entry.tag) + len(entry.channel)
