"""The cache as the game uses it: typed, single flight, counted, with a gradual rollout. One implementation over every backend."""

import asyncio
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, cast

import msgspec
import structlog

from echoes.errors import FacilityError
from echoes.facilities import Cache, CachedKind, Entry

log = structlog.get_logger()
T = TypeVar("T")


class Versioned(msgspec.Struct, Generic[T], frozen=True):
    """A value and the version of the row that it came from."""

    version: int
    value: T


Load = Callable[[], Awaitable[tuple[int, T]]]


class Caching:
    """Reads through a `Cache`; a cache that is out of reach or holds nonsense is a miss, never an error.

    `percent` of the buckets (a stable hash of the id) read through the cache, the rest straight from PostgreSQL. `counts` has
    hits, misses and bypasses by kind.
    """

    def __init__(self, cache: Cache, *, generation: int = 0, percent: int = 100) -> None:
        self._cache = cache
        self.generation = generation
        self._percent = percent
        self._decoders: dict[str, msgspec.json.Decoder[object]] = {}
        self._flights: dict[tuple[str, str], asyncio.Task[Versioned[object]]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    async def fetch(self, kind: CachedKind, id: str, load: "Load[T]", *, bucket: str | None = None, fresh: bool = False) -> Versioned[T]:  # noqa: A002
        """The value, from the cache or else from `load` (which answers version and value).

        One load at a time for each key: callers that come meanwhile wait for it, but never for one that began before an
        invalidation they may know of. `bucket` (the character that asks) decides on the rollout's arm, the id otherwise.
        `fresh` reads past the cache.
        """
        if zlib.crc32((bucket or id).encode()) % 100 >= self._percent:
            self.counts[kind.name, "bypass"] += 1
            return Versioned(*await load())
        if not fresh and (found := await self._read(kind, id)) is not None:
            self.counts[kind.name, "hit"] += 1
            return cast("Versioned[T]", found)
        self.counts[kind.name, "miss"] += 1
        flight = self._flights.get((kind.name, id))
        if flight is None or fresh:
            flight = asyncio.create_task(self._load(kind, id, load), name=f"load:{kind.name}:{id}")
            self._flights[kind.name, id] = flight
            flight.add_done_callback(lambda done: self._landed((kind.name, id), done))
        return cast("Versioned[T]", await asyncio.shield(flight))

    async def put(self, kind: CachedKind, id: str, version: int, value: object) -> None:  # noqa: A002
        """Write through: what a commit has just made. Older facts are refused by the cache."""
        self._flights.pop((kind.name, id), None)
        try:
            await self._cache.write(kind, id, Entry(version, msgspec.json.encode(value)), generation=self.generation)
        except FacilityError as error:
            log.warning("cache.write_failed", kind=kind.name, error=str(error))

    async def invalidate(self, kind: CachedKind, id: str, version: int) -> None:  # noqa: A002
        """The row has reached `version`; nothing older is served to anybody who asks from now on."""
        self._flights.pop((kind.name, id), None)
        try:
            await self._cache.invalidate(kind, id, version=version, generation=self.generation)
        except FacilityError as error:
            log.warning("cache.invalidation_failed", kind=kind.name, error=str(error))

    async def _read(self, kind: CachedKind, id: str) -> Versioned[object] | None:  # noqa: A002
        try:
            entry = await self._cache.read(kind, id, generation=self.generation)
            return None if entry is None else Versioned(entry.version, self._decoder(kind).decode(entry.value))
        except FacilityError as error:
            log.warning("cache.read_failed", kind=kind.name, error=str(error))
        except msgspec.MsgspecError as error:
            log.warning("cache.value_corrupt", kind=kind.name, id=id, error=str(error))
        return None

    async def _load(self, kind: CachedKind, id: str, load: "Load[T]") -> Versioned[object]:  # noqa: A002
        version, value = await load()
        try:
            await self._cache.write(kind, id, Entry(version, msgspec.json.encode(value)), generation=self.generation)
        except FacilityError as error:
            log.warning("cache.write_failed", kind=kind.name, error=str(error))
        return Versioned(version, value)

    def _landed(self, key: tuple[str, str], flight: "asyncio.Task[Versioned[object]]") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # seen by whoever awaits the flight; nobody may be left to

    def _decoder(self, kind: CachedKind) -> "msgspec.json.Decoder[object]":
        if kind.name not in self._decoders:
            self._decoders[kind.name] = msgspec.json.Decoder(kind.struct)
        return self._decoders[kind.name]
