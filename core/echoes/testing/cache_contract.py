"""The cache's laws: versioned values that can be lost at any time and are never wrong for long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from echoes.clock import Advance
from echoes.facilities.cache import Cache, CachedKind, Entry
from echoes.testing.collector import ODD_NAMES

Forget = Callable[[], Awaitable[Cache]] | None

TTL = 100.0
KINDS = [
    pytest.param(CachedKind("things", "player:{id}:things", "list", TTL, list), id="list"),
    pytest.param(CachedKind("place", "location:{id}:cache", "hash", TTL, dict), id="hash"),
    pytest.param(CachedKind("note", "note:{id}", "string", TTL, dict), id="string"),
]
LIST: CachedKind = KINDS[0].values[0]  # type: ignore[assignment]
HASH: CachedKind = KINDS[1].values[0]  # type: ignore[assignment]
FOREVER = CachedKind("item", "item:{id}:def", "hash", None, dict)
GENERATION = 7


def entry(kind: CachedKind, version: int) -> Entry:
    """A value that tells its version, in the kind's shape."""
    return Entry(version, b'[{"v":%d},"x"]' % version if kind.shape == "list" else b'{"v":%d,"nested":{"a":[1,null,true]}}' % version)


def decoded(found: Entry | None) -> Any:
    """The version and the value as JSON means it."""
    return found and (found.version, msgspec.json.decode(found.value))


async def read(cache: Cache, kind: CachedKind, key: str = "1", generation: int = GENERATION) -> Any:
    """Return a reader's result: (version, value) or None."""
    return decoded(await cache.read(kind, key, generation=generation))


async def write(cache: Cache, kind: CachedKind, version: int, key: str = "1", generation: int = GENERATION) -> bool:
    """Write the value of this version."""
    return await cache.write(kind, key, entry(kind, version), generation=generation)


async def invalidate(cache: Cache, kind: CachedKind, version: int, key: str = "1", generation: int = GENERATION) -> None:
    """The row has reached this version."""
    await cache.invalidate(kind, key, version=version, generation=generation)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", KINDS)
class CacheContract:
    """Override `store` and `advance`; `other` and `forget` where they mean something. Every law holds for every shape."""

    @pytest.fixture
    def store(self) -> Cache:
        """The first worker's view of an empty cache."""
        pytest.fail("override the fixture `store`")

    @pytest.fixture
    def other(self, store: Cache) -> Cache:
        """A second worker's view of the same cache."""
        return store

    @pytest.fixture
    def advance(self) -> Advance:
        """Lets seconds pass for the store."""
        pytest.fail("override the fixture `advance`")

    @pytest.fixture
    def forget(self) -> Forget:
        """Loses everything as a crash would, and answers the cache to go on with."""
        return None

    # Values

    async def test_a_written_value_is_read(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """Every worker reads a written value, with its version."""
        assert await write(store, kind, 3) is True
        assert await read(other, kind) == decoded(entry(kind, 3))

    async def test_a_value_that_was_never_written_is_a_miss(self, store: Cache, kind: CachedKind) -> None:
        """None is a miss."""
        assert await read(store, kind) is None

    async def test_an_empty_value_is_a_value(self, store: Cache, kind: CachedKind) -> None:
        """An empty list or object is read back as such; it is no miss."""
        empty = b"[]" if kind.shape == "list" else b"{}"
        await store.write(kind, "1", Entry(1, empty), generation=GENERATION)
        assert await read(store, kind) == (1, msgspec.json.decode(empty))

    async def test_a_newer_value_replaces_all_of_the_older(self, store: Cache, kind: CachedKind) -> None:
        """Nothing of the former value shines through, neither fields nor elements."""
        await write(store, kind, 1)
        smaller = b"[5]" if kind.shape == "list" else b'{"only":1}'
        await store.write(kind, "1", Entry(2, smaller), generation=GENERATION)
        assert await read(store, kind) == (2, msgspec.json.decode(smaller))

    async def test_json_survives(self, store: Cache, kind: CachedKind) -> None:
        """Unicode, escapes, nested and big values come back equal as JSON; field names are any text."""
        odd = {"a b": "Brücke 橋 🔥", "colon:": '\\ " \n \u0000', "": None, "{x}": [1.5, -2, True, {"deep": []}], "version": "v"}
        value = [odd, [], "x", 7, None] if kind.shape == "list" else odd
        await store.write(kind, "1", Entry(1, msgspec.json.encode(value)), generation=GENERATION)
        assert await read(store, kind) == (1, value)

    async def test_a_value_may_be_big(self, store: Cache, kind: CachedKind) -> None:
        """A quarter of a mebibyte is no problem."""
        text = "x" * (256 * 1024)
        value = [text] if kind.shape == "list" else {"text": text}
        await store.write(kind, "1", Entry(1, msgspec.json.encode(value)), generation=GENERATION)
        assert await read(store, kind) == (1, value)

    @pytest.mark.parametrize("key", ODD_NAMES)
    async def test_an_id_may_be_any_text(self, store: Cache, kind: CachedKind, key: str) -> None:
        """Ids are any text and do not touch each other."""
        await write(store, kind, 1, key="plain")
        await write(store, kind, 2, key=key)
        await invalidate(store, kind, 9, key="plain")
        assert await read(store, kind, key) == decoded(entry(kind, 2))
        assert await read(store, kind, "plain") is None

    async def test_kinds_are_apart(self, store: Cache, kind: CachedKind) -> None:
        """The same id in another kind is another value."""
        another = CachedKind("another", "another:{id}", kind.shape, TTL, kind.struct)
        await write(store, kind, 1)
        assert await read(store, another) is None
        await invalidate(store, another, 9)
        assert await read(store, kind) == decoded(entry(kind, 1))

    async def test_bytes_are_copied(self, store: Cache, kind: CachedKind) -> None:
        """A buffer that its owner changes later does not change what was written."""
        buffer = bytearray(entry(kind, 1).value)
        await store.write(kind, "1", Entry(1, buffer), generation=GENERATION)  # type: ignore[arg-type]
        buffer[:] = b" " * len(buffer)
        found = await store.read(kind, "1", generation=GENERATION)
        assert found is not None
        assert type(found.value) is bytes
        assert decoded(found) == decoded(entry(kind, 1))

    # Expiry

    async def test_a_value_expires(self, store: Cache, kind: CachedKind, advance: Advance) -> None:
        """A value is gone its kind's ttl after the last write; reading does not prolong it."""
        await write(store, kind, 1)
        await advance(TTL * 0.75)
        assert await write(store, kind, 1) is True
        await advance(TTL * 0.75)
        assert await read(store, kind) is not None
        await advance(TTL * 0.5)
        assert await read(store, kind) is None

    async def test_a_kind_without_ttl_stays(self, store: Cache, kind: CachedKind, advance: Advance) -> None:
        """Static content stays until it is invalidated."""
        lasting = CachedKind(kind.name, kind.key, kind.shape, None, kind.struct)
        await write(store, lasting, 1)
        await advance(100_000)
        assert await read(store, lasting) == decoded(entry(kind, 1))
        await invalidate(store, lasting, 2)
        assert await read(store, lasting) is None

    # Versions

    async def test_an_older_version_does_not_overwrite(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A slow writer's older value is refused; the newer one stays."""
        await write(store, kind, 5)
        assert await write(other, kind, 4) is False
        assert await read(store, kind) == decoded(entry(kind, 5))

    async def test_the_same_version_may_be_written_again(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """Two readers that loaded the same row may both write."""
        assert await write(store, kind, 5) is True
        assert await write(other, kind, 5) is True
        assert await read(store, kind) == decoded(entry(kind, 5))

    async def test_an_invalidation_drops_older_values(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """After an invalidation no reader gets a value of a lower version."""
        await write(store, kind, 4)
        await invalidate(other, kind, 5)
        assert await read(store, kind) is None

    async def test_an_invalidation_keeps_a_value_of_its_version_or_a_higher_one(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A value of the invalidation's version or a higher one stays: the invalidation came late."""
        await write(store, kind, 5)
        await invalidate(other, kind, 5)
        await invalidate(other, kind, 4)
        assert await read(store, kind) == decoded(entry(kind, 5))

    async def test_a_slow_reader_cannot_resurrect(self, store: Cache, other: Cache, kind: CachedKind, advance: Advance) -> None:
        """An older value than the newest invalidation is refused, also minutes later, also when nothing was cached."""
        await invalidate(store, kind, 5)
        assert await write(other, kind, 4) is False
        await advance(590)
        assert await write(other, kind, 4) is False
        assert await read(store, kind) is None
        assert await write(other, kind, 5) is True
        assert await read(store, kind) == decoded(entry(kind, 5))

    async def test_an_older_invalidation_does_not_open_the_door(self, store: Cache, kind: CachedKind) -> None:
        """Invalidations that overtake one another count as their greatest."""
        await invalidate(store, kind, 5)
        await invalidate(store, kind, 3)
        assert await write(store, kind, 4) is False

    async def test_a_newer_write_does_not_open_the_door(self, store: Cache, kind: CachedKind) -> None:
        """After invalidation and a fresh write, an older value is still refused."""
        await write(store, kind, 1)
        await invalidate(store, kind, 5)
        await write(store, kind, 6)
        assert await write(store, kind, 5) is False
        assert await read(store, kind) == decoded(entry(kind, 6))

    async def test_big_versions_are_compared_exactly(self, store: Cache, kind: CachedKind) -> None:
        """Versions are whole numbers up to 2**53 - 1; neighbours differ."""
        top = 2**53 - 1
        await write(store, kind, top - 1)
        assert await write(store, kind, top - 2) is False
        await invalidate(store, kind, top)
        assert await read(store, kind) is None
        assert await write(store, kind, top) is True
        assert await read(store, kind) == decoded(entry(kind, top))

    async def test_racing_writes_and_invalidations_end_fresh(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """However writes and invalidations overtake one another, nothing older than the newest invalidation is ever left."""
        for round_ in range(10):
            key = f"r{round_}"
            await asyncio.gather(
                *(write((store, other)[n % 2], kind, n, key) for n in (3, 9, 1, 7, 5)),
                *(invalidate((store, other)[n % 2], kind, n, key) for n in (2, 8, 4)),
                *(write((store, other)[n % 2], kind, n, key) for n in (6, 2, 8)),
            )
            assert await read(store, kind, key) == decoded(entry(kind, 9))

    # Generations

    async def test_another_generation_is_a_miss(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A value that was written before an outage is not served after it, nor the other way round."""
        await write(store, kind, 5, generation=7)
        assert await read(other, kind, generation=8) is None
        assert await read(other, kind, generation=6) is None
        assert await read(other, kind, generation=7) == decoded(entry(kind, 5))

    async def test_a_newer_generation_starts_afresh(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A newer generation's write wins over any version and any invalidation of an older generation."""
        await write(store, kind, 5, generation=7)
        await invalidate(store, kind, 9, generation=7)
        assert await write(other, kind, 2, generation=8) is True
        assert await read(store, kind, generation=8) == decoded(entry(kind, 2))

    async def test_an_older_generation_cannot_write(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A write of a worker that does not know the new generation changes nothing, for any version."""
        await write(store, kind, 5, generation=8)
        assert await write(other, kind, 9, generation=7) is False
        await invalidate(other, kind, 9, generation=7)
        assert await read(store, kind, generation=8) == decoded(entry(kind, 5))

    async def test_an_invalidation_of_a_newer_generation_counts(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """It drops the older generation's value, refuses that generation's writers, and its own lower versions."""
        await write(store, kind, 5, generation=7)
        await invalidate(other, kind, 3, generation=8)
        assert await read(store, kind, generation=7) is None
        assert await write(store, kind, 9, generation=7) is False
        assert await write(store, kind, 2, generation=8) is False
        assert await write(store, kind, 3, generation=8) is True

    # Dropping

    async def test_a_dropped_value_is_a_miss_and_may_be_written_again(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A dropped value is a miss for every worker and every generation. The same version may be written again."""
        await write(store, kind, 5)
        await other.drop(kind, "1")
        assert await read(store, kind) is None
        assert await write(store, kind, 5) is True
        assert await read(other, kind) == decoded(entry(kind, 5))

    async def test_dropping_does_not_open_the_door(self, store: Cache, other: Cache, kind: CachedKind) -> None:
        """A write that was refused before a value was dropped is refused after it: older versions, older generations."""
        await write(store, kind, 5, generation=8)
        await other.drop(kind, "1")
        assert await write(store, kind, 4, generation=8) is False
        assert await write(store, kind, 9, generation=7) is False
        assert await read(store, kind, generation=8) is None

    async def test_dropping_touches_one_value(self, store: Cache, kind: CachedKind) -> None:
        """Other ids and kinds stay; what is not there can be dropped, too."""
        another = CachedKind("another", "another:{id}", kind.shape, TTL, kind.struct)
        await write(store, kind, 1, key="1")
        await write(store, kind, 1, key="2")
        await write(store, another, 1, key="1")
        await store.drop(kind, "1")
        await store.drop(kind, "3")
        assert await read(store, kind, "2") is not None
        assert await read(store, another, "1") is not None
        assert await write(store, kind, 1, key="3") is True

    # Loss

    async def test_a_lost_cache_is_only_empty(self, store: Cache, kind: CachedKind, forget: Forget) -> None:
        """A cache that lost everything misses and takes new values."""
        if forget is None:
            pytest.skip("this cache cannot forget")
        await write(store, kind, 5)
        store = await forget()
        assert await read(store, kind) is None
        assert await write(store, kind, 5) is True
