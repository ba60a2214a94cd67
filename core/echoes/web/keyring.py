"""The keys of messages that a worker has received: bounded by time and in number, for any number of channels."""

import time
from collections import OrderedDict
from collections.abc import Callable

SECONDS = 300.0
"""How long a key is remembered: as long as the store remembers it."""
KEYS = 200_000
"""Keys of all channels together; the oldest go first. That is some 50 MB."""


class Keyring:
    """Remembers (channel, key). Each addition forgets what is overdue."""

    def __init__(self, *, seconds: float = SECONDS, limit: int = KEYS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._limit = limit
        self._clock = clock
        self._since: OrderedDict[tuple[str, str], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._since

    def add(self, channel: str, key: str) -> None:
        """Remember a key from now on."""
        now, since = self._clock(), self._since
        since.pop((channel, key), None)
        since[channel, key] = now
        oldest = next(iter(since.values()))
        while len(since) > self._limit or now - oldest > self._seconds:
            since.popitem(last=False)
            oldest = next(iter(since.values()), now)
