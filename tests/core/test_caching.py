"""The cache as the game uses it, over the memory backend."""

import asyncio
import zlib

import pytest
from echoes import caching as module
from echoes.caching import Caching
from echoes.clock import ManualClock
from echoes.errors import FacilityUnavailable
from echoes.facilities import CachedKind, Entry
from echoes.plugins import Selection, load

KIND = CachedKind("things", "things:{id}", "list", 600.0, list[int])
NEAR = CachedKind("places", "places:{id}", "list", 600.0, list[int], near=True)


@pytest.fixture
async def cache():
    backends = load(Selection.all("memory", extensions=False), environ={}, clock=ManualClock())
    async with backends.lifespan():
        yield backends.facilities.cache


class Source:
    """A row in PostgreSQL, as far as a cache can tell."""

    def __init__(self) -> None:
        self.version, self.value, self.loads = 1, [1], 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.loads += 1
        found = self.version, list(self.value)
        await self.gate.wait()
        return found


async def test_a_value_is_loaded_once(cache):
    """Then it is a hit; an empty list is a value, too."""
    caching, source = Caching(cache), Source()
    source.value = []
    assert [(await caching.fetch(KIND, "a", source)).value for _ in range(3)] == [[], [], []]
    assert source.loads == 1
    assert (caching.counts["things", "hit"], caching.counts["things", "miss"]) == (2, 1)


async def test_of_many_callers_one_loads(cache):
    """Single flight; and one that is cancelled does not take the others down."""
    caching, source = Caching(cache), Source()
    source.gate.clear()
    callers = [asyncio.create_task(caching.fetch(KIND, "a", source)) for _ in range(50)]
    await asyncio.sleep(0)
    callers[0].cancel()
    source.gate.set()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert {tuple(one.value) for one in results[1:]} == {(1,)}
    assert source.loads == 1


async def test_a_read_after_an_invalidation_does_not_use_an_earlier_load(cache):
    """A reader that knows of a write never reads an older value, however slow the earlier load is."""
    caching, source = Caching(cache), Source()
    source.gate.clear()
    slow = asyncio.create_task(caching.fetch(KIND, "a", source))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    source.version, source.value = 2, [2]
    await caching.invalidate(KIND, "a", 2)
    quick = asyncio.create_task(caching.fetch(KIND, "a", source))
    await asyncio.sleep(0)
    source.gate.set()
    assert (await quick).value == [2]
    assert (await slow).value == [1]
    assert (await caching.fetch(KIND, "a", source)).value == [2]


async def test_a_read_after_a_write_does_not_use_an_earlier_load(cache, monkeypatch):
    """Also while the cache is out of reach and an earlier load is under way."""

    async def unreachable(*_, **__):
        raise FacilityUnavailable("no")

    caching, source = Caching(cache), Source()
    source.gate.clear()
    slow = asyncio.create_task(caching.fetch(KIND, "a", source))
    while not source.loads:
        await asyncio.sleep(0)
    monkeypatch.setattr(cache, "read", unreachable)
    monkeypatch.setattr(cache, "write", unreachable)
    source.version, source.value = 2, [2]
    await caching.put(KIND, "a", 2, [2])
    quick = asyncio.create_task(caching.fetch(KIND, "a", source))
    await asyncio.sleep(0)
    source.gate.set()
    assert (await quick).value == [2]
    assert (await slow).value == [1]


async def test_a_fresh_read_waits_for_no_load_that_began_before(cache):
    """It is as new as the start of its call; a later reader waits for the newer load."""
    caching, source = Caching(cache), Source()
    source.gate.clear()
    slow = asyncio.create_task(caching.fetch(KIND, "a", source))
    while not source.loads:
        await asyncio.sleep(0)
    source.version, source.value = 2, [2]
    fresh = asyncio.create_task(caching.fetch(KIND, "a", source, fresh=True))
    while source.loads < 2:
        await asyncio.sleep(0)
    later = asyncio.create_task(caching.fetch(KIND, "a", source))
    await asyncio.sleep(0)
    source.gate.set()
    assert [(await one).value for one in (slow, fresh, later)] == [[1], [2], [2]]
    assert source.loads == 2


async def test_the_shared_value_will_do_where_the_near_copy_is_too_old(cache):
    """Nothing is loaded then; and a copy that is just new enough is not looked for elsewhere."""
    caching, source = Caching(cache), Source()
    await caching.fetch(NEAR, "a", source)
    await cache.write(NEAR, "a", Entry(2, b"[2]"), generation=0)
    assert (await caching.fetch(NEAR, "a", source, at_least=1)).value == [1]
    assert (await caching.fetch(NEAR, "a", source, at_least=2)).value == [2]
    assert source.loads == 1


async def test_a_read_outside_the_rollout_is_always_cached(cache):
    caching, source = Caching(cache, percent=0), Source()
    for _ in range(2):
        await caching.fetch(KIND, "a", source, rollout=False)
    assert source.loads == 1


async def test_a_failed_load_is_not_cached(cache):
    """The next read loads again."""
    caching, source = Caching(cache), Source()

    async def broken():
        raise FacilityUnavailable("no")

    with pytest.raises(FacilityUnavailable):
        await caching.fetch(KIND, "a", broken)
    assert (await caching.fetch(KIND, "a", source)).value == [1]


async def test_a_new_generation_forgets_everything(cache):
    """An entry that was cached before an outage is a miss after it."""
    caching, source = Caching(cache), Source()
    await caching.fetch(KIND, "a", source)
    caching.generation += 1
    await caching.fetch(KIND, "a", source)
    assert source.loads == 2


async def test_nonsense_in_the_cache_is_a_miss(cache):
    """And is replaced."""
    caching, source = Caching(cache), Source()
    await cache.write(KIND, "a", Entry(1, b'{"no":"list"}'), generation=0)
    assert (await caching.fetch(KIND, "a", source)).value == [1]
    assert (await caching.fetch(KIND, "a", source)).value == [1]
    assert source.loads == 1


async def test_the_rollout_has_two_arms(cache):
    """Off reads past the cache always; a percentage by a stable hash of who asks."""
    source = Source()
    off = Caching(cache, percent=0)
    await off.fetch(KIND, "a", source)
    await off.fetch(KIND, "a", source)
    assert source.loads == 2
    bucket = next(str(who) for who in range(1000) if zlib.crc32(str(who).encode()) % 100 == 50)
    assert [Caching(cache, percent=percent).is_direct(bucket) for percent in (0, 50, 51, 100)] == [True, True, False, False]
    half = Caching(cache, percent=50)
    for who in range(200):
        await half.fetch(KIND, "b", source, bucket=str(who))
    assert 60 < half.counts["things", "bypass"] < 140


async def test_a_near_copy_is_read_without_the_cache(cache):
    """A kind with near copies is kept decoded in the process, other kinds are not; a reader may ask for the shared value."""
    caching, source = Caching(cache), Source()
    for kind in (NEAR, KIND):
        await caching.fetch(kind, "a", source)
        await cache.write(kind, "a", Entry(2, b"[2]"), generation=0)
    assert (await caching.fetch(NEAR, "a", source)).value == [1]
    assert (await caching.fetch(KIND, "a", source)).value == [2]
    assert (await caching.fetch(NEAR, "a", source, near=False)).value == [2]
    assert (await caching.fetch(NEAR, "a", source)).value == [2]


async def test_a_near_copy_goes_when_its_row_has_moved_on(cache):
    """An invalidation of a version drops older copies and keeps the others."""
    caching, source = Caching(cache), Source()
    await caching.fetch(NEAR, "a", source)
    caching.outdate_near(NEAR, "a", 1)
    assert caching.near_copy(NEAR, "a") is not None
    caching.outdate_near(NEAR, "a", 2)
    assert caching.near_copy(NEAR, "a") is None
    caching.keep_near(NEAR, "a", 1, [1])
    assert caching.near_copy(NEAR, "a") is None
    caching.keep_near(NEAR, "a", 2, [2])
    assert caching.near_copy(NEAR, "a").value == [2]


async def test_a_slow_load_does_not_displace_a_newer_near_copy(cache):
    """The value that was written meanwhile stays."""
    caching, source = Caching(cache), Source()
    source.gate.clear()
    slow = asyncio.create_task(caching.fetch(NEAR, "a", source))
    while not source.loads:
        await asyncio.sleep(0)
    await caching.put(NEAR, "a", 2, [2])
    source.gate.set()
    await slow
    assert (await caching.fetch(NEAR, "a", source)).value == [2]


async def test_near_copies_are_bounded(cache, monkeypatch):
    """The longest unused goes first."""
    monkeypatch.setattr(module, "NEAR", 3)
    caching = Caching(cache)
    for number in range(3):
        caching.keep_near(NEAR, str(number), 1, [number])
    assert caching.near_copy(NEAR, "0") is not None
    caching.keep_near(NEAR, "3", 1, [3])
    assert caching.near_copy(NEAR, "1") is None
    assert caching.near_copy(NEAR, "0") is not None
    assert caching.evicted == {NEAR.name: 1}


async def test_an_older_value_than_is_asked_for_is_a_miss(cache):
    """Near or shared."""
    caching, source = Caching(cache), Source()
    await caching.fetch(NEAR, "a", source)
    source.version, source.value = 2, [2]
    assert (await caching.fetch(NEAR, "a", source, at_least=2)).value == [2]
    assert (await caching.fetch(NEAR, "a", source, at_least=2)).value == [2]
    assert source.loads == 2


async def test_a_dropped_value_is_loaded_and_cached_again(cache):
    """Although its version is the same."""
    caching, source = Caching(cache), Source()
    await caching.fetch(NEAR, "a", source)
    await caching.drop(NEAR, "a")
    for _ in range(3):
        await caching.fetch(NEAR, "a", source)
    assert source.loads == 2


async def test_a_load_from_before_the_near_cache_was_cleared_is_not_kept(cache):
    """Messages went missing during the load: its readers get the value, and the near cache does not keep it."""
    caching, source = Caching(cache), Source()
    source.gate.clear()
    slow = asyncio.create_task(caching.fetch(NEAR, "a", source))
    while not source.loads:
        await asyncio.sleep(0)
    caching.forget_near()
    source.gate.set()
    await slow
    assert caching.near_copy(NEAR, "a") is None


async def test_a_cache_read_from_before_the_near_cache_was_cleared_is_not_kept(cache, monkeypatch):
    """The near cache does not keep a value of the shared cache either that was being read meanwhile."""
    caching, source, read, gate = Caching(cache), Source(), cache.read, asyncio.Event()
    await cache.write(NEAR, "a", Entry(1, b"[1]"), generation=0)

    async def slowly(*args, **named):
        found = await read(*args, **named)
        await gate.wait()
        return found

    monkeypatch.setattr(cache, "read", slowly)
    slow = asyncio.create_task(caching.fetch(NEAR, "a", source))
    await asyncio.sleep(0)
    caching.forget_near()
    gate.set()
    assert (await slow).value == [1]
    assert caching.near_copy(NEAR, "a") is None


async def test_a_value_loaded_before_the_generation_rose_is_a_miss_afterwards(cache):
    """A value belongs to the generation at the start of its load."""
    caching, source = Caching(cache), Source()
    source.gate.clear()
    slow = asyncio.create_task(caching.fetch(KIND, "a", source))
    while not source.loads:
        await asyncio.sleep(0)
    await caching.learn(1, caching.mark())
    source.value = [2]  # as after a restart of PostgreSQL: another row of the same version
    source.gate.set()
    assert (await slow).value == [1]
    assert (await caching.fetch(KIND, "a", source)).value == [2]


async def test_a_write_under_an_older_generation_leaves_no_older_value(cache):
    """The cache would ignore the written value and keep a value that another worker read in between."""
    caching, source = Caching(cache), Source()
    committed_under = caching.generation
    await caching.learn(1, caching.mark())
    await Caching(cache, generation=1).fetch(NEAR, "a", source)
    source.version, source.value = 2, [2]
    await caching.put(NEAR, "a", 2, [2], generation=committed_under)
    await caching.learn(1, caching.mark())
    caching.forget_near()
    assert (await caching.fetch(NEAR, "a", source)).value == [2]
    assert (await Caching(cache, generation=1).fetch(NEAR, "a", source)).value == [2]


class OutOfReach:
    """A cache that can be read, and now and then not written; writes wait for an event."""

    def __init__(self, cache) -> None:
        self._cache = cache
        self.read = cache.read
        self.gone = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, *args, **fields):
        await self._passed()
        return await self._cache.write(*args, **fields)

    async def invalidate(self, *args, **fields):
        await self._passed()
        return await self._cache.invalidate(*args, **fields)

    async def drop(self, *args):
        await self._passed()
        return await self._cache.drop(*args)

    async def _passed(self):
        await self.gate.wait()
        if self.gone:
            raise FacilityUnavailable("gone")


@pytest.fixture
async def changed(cache):
    """A cache out of reach that has an older value than there is, the worker that reads through it, and the row."""
    unreachable, source = OutOfReach(cache), Source()
    caching = Caching(unreachable)
    await caching.fetch(KIND, "a", source)
    source.version, source.value = 2, [2]
    return unreachable, caching, source


async def test_a_worker_whose_write_did_not_reach_the_cache_does_not_read_from_it(changed):
    """Also before the generation rises, which takes up to a second."""
    unreachable, caching, source = changed
    unreachable.gone = True
    await caching.put(KIND, "a", 2, [2])
    assert caching.due
    assert (await caching.fetch(KIND, "a", source)).value == [2]


async def test_more_changes_than_are_remembered_are_made_up_for(cache, monkeypatch):
    """A forgotten change could not be repeated: the generation rises instead."""
    monkeypatch.setattr(module, "UNCONFIRMED", 3)
    caching = Caching(cache)
    for number in range(3):
        await caching.put(KIND, str(number), 2, [2])
    assert not caching.due
    await caching.put(KIND, "3", 2, [2])
    assert caching.due


async def test_a_drop_that_does_not_get_there_is_due(changed):
    """The generation rises instead."""
    unreachable, caching, _ = changed
    unreachable.gone = True
    await caching.drop(KIND, "a")
    assert caching.due


async def test_a_generation_that_is_confirmed_while_a_change_is_on_its_way_does_not_cover_it(changed):
    """It fails afterwards, and is still known not to have got there."""
    unreachable, caching, source = changed
    unreachable.gone = True
    unreachable.gate.clear()
    slow = asyncio.create_task(caching.put(KIND, "a", 2, [2]))
    await asyncio.sleep(0)
    await caching.learn(0, caching.mark())
    unreachable.gate.set()
    await slow
    assert (await caching.fetch(KIND, "a", source)).value == [2]


async def test_unconfirmed_changes_stay_known_while_they_are_repeated(changed, cache):
    """Another worker may have cached the older value under the new generation before the repeated change arrives."""
    unreachable, caching, source = changed
    await caching.put(KIND, "first", 2, [2])
    await caching.put(KIND, "a", 2, [2])
    await cache.write(KIND, "a", Entry(1, b"[1]"), generation=1)
    unreachable.gate.clear()
    learning = asyncio.create_task(caching.learn(1, caching.mark()))
    await asyncio.sleep(0)
    reading = asyncio.create_task(caching.fetch(KIND, "a", source))
    await asyncio.sleep(0)
    unreachable.gate.set()
    assert (await reading).value == [2]
    await learning
    assert (await caching.fetch(KIND, "a", source)).value == [2]
