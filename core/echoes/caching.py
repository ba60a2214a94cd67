"""The cache as the game uses it: typed, single flight, counted, with a gradual rollout. One implementation over every backend."""

import asyncio
import itertools
import zlib
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, cast

import msgspec
import structlog

from echoes.concurrency import gather
from echoes.errors import FacilityError
from echoes.facilities import Cache, CachedKind, Entry

log = structlog.get_logger()
T = TypeVar("T")
NEAR = 20_000
"""Values that a worker keeps decoded at most; the longest unused go first."""
AT_ONCE = 100
"""Changes that are published again at the same time."""
UNCONFIRMED = 10_000
"""Changes published since the generation was last read in PostgreSQL; with more than these the generation must rise."""


class Versioned(msgspec.Struct, Generic[T], frozen=True):
    """A value and the version of the row that it came from."""

    version: int
    value: T


NOTHING_PUBLISHED = 0, None, 0
Load = Callable[[], Awaitable[tuple[int, T]]]
Key = tuple[str, str]


class Caching:
    """Reads through a `Cache`. A cache that is unavailable or holds invalid data is a miss, never an error.

    `percent` of the buckets (a stable hash of the id) read through the cache, the others read PostgreSQL. `counts` has hits, misses and
    bypasses by kind. Values of kinds with `near` are also kept decoded in this process.

    A change that did not reach the cache makes the generation `due`: the next world poll raises it in PostgreSQL (`echoes.world_poll`).
    Everything that a cache holds from before is then a miss.
    """

    def __init__(self, cache: Cache, *, generation: int = 0, percent: int = 100) -> None:
        self._cache = cache
        self.generation = generation
        self.due = False
        self.counts: Counter[tuple[str, str]] = Counter()
        self.evicted: Counter[str] = Counter()
        """Near copies that made room for others, by kind."""
        self.percent = percent
        self._decoders: dict[str, msgspec.json.Decoder[object]] = {}
        self._flights: dict[Key, asyncio.Task[Versioned[object]]] = {}
        self._near: OrderedDict[Key, Versioned[object | None]] = OrderedDict()
        self._published: dict[Key, tuple[int, CachedKind, int]] = {}
        self._order = itertools.count(1)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def is_direct(self, bucket: str) -> bool:
        """Whether a bucket is in the arm of the rollout that reads straight from PostgreSQL."""
        return self.percent < 100 and zlib.crc32(bucket.encode()) % 100 >= self.percent

    async def fetch(
        self, kind: CachedKind, id: str, load: "Load[T]", *, bucket: str | None = None, fresh: bool = False, near: bool = True, at_least: int = 0,  # noqa: A002
        rollout: bool = True,
    ) -> Versioned[T]:  # fmt: skip
        """The value, from the cache or else from `load` (which answers version and value).

        One load runs at a time for each key. Callers that come meanwhile wait for it, but never for one that began before an invalidation
        that they may know of. `bucket` (the character that asks) decides on the rollout's arm, the id otherwise. `fresh` reads past the
        cache, `near=False` past this worker's own copies only. A version below `at_least` is a miss. So is one below what this worker has
        published, which the cache may not have received. A read for no particular character has no part in the rollout (`rollout=False`).
        """
        if rollout and self.is_direct(bucket or id):
            self.counts[kind.name, "bypass"] += 1
            return Versioned(*await load())
        if not fresh:
            _, _, published = self._published.get((kind.name, id), NOTHING_PUBLISHED)
            at_least = max(at_least, published)
            found = self.near_copy(kind, id) if near else None
            if found is None or found.version < at_least:
                found = await self.peek(kind, id)
            if found is not None and found.version >= at_least:
                self.counts[kind.name, "hit"] += 1
                return cast("Versioned[T]", found)
        self.counts[kind.name, "miss"] += 1
        flight = self._flights.get((kind.name, id))
        if flight is None or fresh:
            flight = asyncio.create_task(self._load(kind, id, load), name=f"load:{kind.name}:{id}")
            self._flights[kind.name, id] = flight
            flight.add_done_callback(lambda done: self._landed((kind.name, id), done))
        return cast("Versioned[T]", await asyncio.shield(flight))

    def near_copy(self, kind: CachedKind, id: str) -> Versioned[object] | None:  # noqa: A002
        """Return the copy of the value that this worker keeps in its memory, or None."""
        found = self._near.get((kind.name, id))
        if found is None or found.value is None:
            return None
        self._near.move_to_end((kind.name, id))
        return found

    def keep_near(self, kind: CachedKind, id: str, version: int, value: object | None) -> None:  # noqa: A002
        """Keep a value in this process, or (None) only that it has reached a version; what is older than is known here is ignored."""
        known = self._near.get((kind.name, id))
        if not kind.near or (known is not None and known.version > version):
            return
        self._near[kind.name, id] = Versioned(version, value)
        self._near.move_to_end((kind.name, id))
        if len(self._near) > NEAR:
            (name, _), _ = self._near.popitem(last=False)
            self.evicted[name] += 1

    def outdate_near(self, kind: CachedKind, id: str, version: int) -> None:  # noqa: A002
        """The row has reached `version`: what is older is not kept in this process."""
        known = self._near.get((kind.name, id))
        if known is None or known.version < version:
            self.keep_near(kind, id, version, None)

    def drop_near(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """Drop this process's copy, with any version."""
        known = self._near.get((kind.name, id))
        if known is not None:
            self._near[kind.name, id] = Versioned(known.version, None)

    def forget_near(self) -> None:
        """Drop all copies of this process: messages with changes may be missing."""
        self._near = OrderedDict()
        self._flights.clear()

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def put(self, kind: CachedKind, id: str, version: int, value: object, *, generation: int | None = None) -> None:  # noqa: A002
        """Write the value that a commit has just made. The cache refuses older versions.

        `generation` is the one known *before* the commit, if it may have risen since: a value must never be newer by generation than by its
        content. When it has risen, the cache would not take the value; it only learns that older ones are outdated.
        """
        if generation is not None and generation < self.generation:
            await self.invalidate(kind, id, version)
            return
        self._flights.pop((kind.name, id), None)
        self.keep_near(kind, id, version, value)
        entry = Entry(version, msgspec.json.encode(value))
        with _Telling(self, kind, id, version):
            await self._cache.write(kind, id, entry, generation=self.generation)

    async def invalidate(self, kind: CachedKind, id: str, version: int) -> None:  # noqa: A002
        """The row has reached `version`; no older value is served from now on."""
        self._flights.pop((kind.name, id), None)
        self.outdate_near(kind, id, version)
        with _Telling(self, kind, id, version):
            await self._cache.invalidate(kind, id, version=version, generation=self.generation)

    async def drop(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """Drop the cached value: the next reader loads it again. A drop that fails makes the generation due."""
        self._flights.pop((kind.name, id), None)
        self.drop_near(kind, id)
        try:
            await self._cache.drop(kind, id)
        except FacilityError as error:
            self.due = True
            log.debug("cache.change_lost", kind=kind.name, error=str(error))

    # ── generations ──────────────────────────────────────────────────────────────────────────────────────────────────

    def mark(self) -> int:
        """Note what has been published so far. Take the mark before PostgreSQL is asked for the generation."""
        return next(self._order)

    async def learn(self, generation: int, mark: int) -> None:
        """Learn the generation from PostgreSQL; `mark` is from before the query. A lower one than the known one is ignored.

        When it has risen, older values do not count any more. Changes published since the last confirmation are published again: a cache
        ignores what comes under an older generation than it has seen.
        """
        if generation <= self.generation:
            self._published = {key: published for key, published in self._published.items() if published[0] > mark}
            return
        self.generation = generation
        self.forget_near()
        again = [(kind, id, version) for (_, id), (_, kind, version) in self._published.items()]  # noqa: A001
        await gather((self.invalidate(*change) for change in again), at_once=AT_ONCE)

    def note(self, kind: CachedKind, id: str, version: int) -> None:  # noqa: A002
        """Remember a published change until the generation under which it was published is confirmed."""
        _, _, published = self._published.get((kind.name, id), NOTHING_PUBLISHED)
        self._published[kind.name, id] = (next(self._order), kind, max(version, published))
        if len(self._published) > UNCONFIRMED:
            self._published.clear()
            self.due = True

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def peek(self, kind: CachedKind, id: str) -> Versioned[object] | None:  # noqa: A002
        """Return the cache's value, or None if it has none or fails; nothing is loaded and nothing is counted."""
        near = self._near
        try:
            entry = await self._cache.read(kind, id, generation=self.generation)
            if entry is None:
                return None
            found = Versioned(entry.version, self._decoder(kind).decode(entry.value))
        except FacilityError as error:
            log.debug("cache.read_failed", kind=kind.name, error=str(error))
            return None
        except msgspec.MsgspecError as error:
            log.warning("cache.value_corrupt", kind=kind.name, id=id, error=str(error))
            return None
        if near is self._near:  # nothing was forgotten meanwhile
            self.keep_near(kind, id, found.version, found.value)
        return found

    async def _load(self, kind: CachedKind, id: str, load: "Load[T]") -> Versioned[object]:  # noqa: A002
        generation = self.generation  # what is read from now on is as new as this; it may have risen when it arrives
        version, value = await load()
        if self._flights.get((kind.name, id)) is asyncio.current_task():
            self.keep_near(kind, id, version, value)
        try:
            await self._cache.write(kind, id, Entry(version, msgspec.json.encode(value)), generation=generation)
        except FacilityError as error:
            log.debug("cache.write_failed", kind=kind.name, error=str(error))
        return Versioned(version, value)

    def _landed(self, key: Key, flight: "asyncio.Task[Versioned[object]]") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # the flight's waiters see it; there may be none left

    def _decoder(self, kind: CachedKind) -> "msgspec.json.Decoder[object]":
        if kind.name not in self._decoders:
            self._decoders[kind.name] = msgspec.json.Decoder(kind.struct)
        return self._decoders[kind.name]


class _Telling:
    """Publish a change to the cache: note it before, and make the generation due when it does not arrive.

    Note it again afterwards: the generation may have been confirmed meanwhile.
    """

    def __init__(self, caching: Caching, kind: CachedKind, id: str, version: int) -> None:  # noqa: A002
        self._caching = caching
        self._kind = kind
        self._id = id
        self._version = version
        caching.note(kind, id, version)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> bool:
        del traceback
        if kind is None:
            return False
        self._caching.due = True
        self._caching.note(self._kind, self._id, self._version)
        if isinstance(error, FacilityError):
            log.debug("cache.change_lost", kind=self._kind.name, error=str(error))
            return True
        return False
