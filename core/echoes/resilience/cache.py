"""The cache behind its breaker. While it is away every read fails at once, and `echoes.caching` reads PostgreSQL."""

from echoes.facilities import Cache, CachedKind, Entry
from echoes.resilience.breaker import Breaker


class GuardedCache:
    """A `Cache` whose calls fail at once while the backend is away."""

    def __init__(self, inner: Cache, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    async def read(self, kind: CachedKind, id: str, *, generation: int) -> Entry | None:  # noqa: A002
        """As `Cache.read`."""
        return await self._breaker.call(lambda: self._inner.read(kind, id, generation=generation))

    async def write(self, kind: CachedKind, id: str, entry: Entry, *, generation: int) -> bool:  # noqa: A002
        """As `Cache.write`."""
        return await self._breaker.call(lambda: self._inner.write(kind, id, entry, generation=generation))

    async def invalidate(self, kind: CachedKind, id: str, *, version: int, generation: int) -> None:  # noqa: A002
        """As `Cache.invalidate`."""
        await self._breaker.call(lambda: self._inner.invalidate(kind, id, version=version, generation=generation))

    async def drop(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """As `Cache.drop`."""
        await self._breaker.call(lambda: self._inner.drop(kind, id))
