"""Cached values, each with the version and generation that it came from."""

import math

from echoes.clock import Clock
from echoes.facilities.cache import CachedKind, Entry

from echoes_memory.expiry import Expiry


class _Slot:
    """The state of one key: the value, the highest known version, and until when (monotonic seconds) each counts."""

    __slots__ = ("entry", "expires", "floor", "floor_until", "generation")

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.entry: Entry | None = None
        self.expires = 0.0
        self.floor = 0
        self.floor_until = 0.0


class MemoryCache:
    """`Cache` for one worker."""

    def __init__(self, clock: Clock, *, tombstone_seconds: float = 600.0) -> None:
        self._now = clock.monotonic
        self._tombstone_seconds = tombstone_seconds
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._expiry = Expiry[tuple[str, str]](self._deadline, self._forget)

    async def read(self, kind: CachedKind, id: str, *, generation: int) -> Entry | None:  # noqa: A002
        """Return the newest value, or None; see `Cache.read`."""
        slot = self._slots.get((kind.name, id))
        if slot is None or slot.generation != generation or slot.expires <= self._now():
            return None
        return slot.entry

    async def write(self, kind: CachedKind, id: str, entry: Entry, *, generation: int) -> bool:  # noqa: A002
        """Store the entry unless a newer one is known; see `Cache.write`."""
        now = self._now()
        slot = self._slot(kind, id, generation, now)
        if slot is None or (entry.version < slot.floor and now < slot.floor_until):
            return False
        if slot.entry is not None and entry.version < slot.entry.version and now < slot.expires:
            return False
        slot.entry = entry if type(entry.value) is bytes else Entry(entry.version, bytes(entry.value))
        slot.expires = math.inf if kind.ttl is None else now + kind.ttl
        slot.floor = entry.version
        slot.floor_until = now + self._tombstone_seconds
        self._expiry.watch((kind.name, id), max(slot.expires, slot.floor_until))
        return True

    async def invalidate(self, kind: CachedKind, id: str, *, version: int, generation: int) -> None:  # noqa: A002
        """Drop a value older than `version`; see `Cache.invalidate`."""
        now = self._now()
        slot = self._slot(kind, id, generation, now)
        if slot is None:
            return
        if slot.entry is not None and slot.entry.version < version:
            slot.entry = None
            slot.expires = 0.0
        slot.floor = max(slot.floor, version) if now < slot.floor_until else version
        slot.floor_until = now + self._tombstone_seconds
        self._expiry.watch((kind.name, id), max(slot.expires, slot.floor_until))

    async def drop(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """Drop the value; see `Cache.drop`."""
        slot = self._slots.get((kind.name, id))
        if slot is None or slot.entry is None:
            return
        slot.entry = None
        slot.expires = 0.0
        slot.floor_until = self._now() + self._tombstone_seconds
        self._expiry.watch((kind.name, id), slot.floor_until)

    def _slot(self, kind: CachedKind, id: str, generation: int, now: float) -> _Slot | None:  # noqa: A002
        """Return the key's slot in this generation (a newer one starts afresh), or None when a newer one was seen."""
        self._expiry.sweep(now)
        slot = self._slots.get((kind.name, id))
        if slot is not None and slot.generation > generation:
            return None
        if slot is None or slot.generation < generation:
            slot = self._slots[kind.name, id] = _Slot(generation)
        return slot

    def _deadline(self, key: tuple[str, str]) -> float | None:
        slot = self._slots.get(key)
        return max(slot.expires, slot.floor_until) if slot else None

    def _forget(self, key: tuple[str, str]) -> None:
        del self._slots[key]
