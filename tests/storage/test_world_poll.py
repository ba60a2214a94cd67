"""The world poll: several workers over one cache and one PostgreSQL agree on the generation, and no lost invalidation is stale for long."""

import asyncio
import contextlib

import pytest
from echoes.caching import UNCONFIRMED, Caching
from echoes.clock import ManualClock
from echoes.errors import FacilityUnavailable
from echoes.facilities import CachedKind
from echoes.game.contents import Contents
from echoes.storage import database as postgres
from echoes.storage import database_identity
from echoes.storage.world_lock import WorldLock, kept
from echoes.world_poll import WorldPoll
from echoes_memory.cache import MemoryCache
from postgres import execute

KIND = CachedKind("things", "things:{id}", "list", 600.0, list[int])
NEAR = CachedKind("places", "places:{id}", "list", 600.0, list[int], near=True)
RAISE = "update world set cache_generation = cache_generation + 1 returning cache_generation"


class Fragile:
    """A worker's way to the shared cache, which can break."""

    def __init__(self, cache) -> None:
        self.cache, self.broken = cache, False

    def __getattr__(self, name):
        if self.broken:
            raise FacilityUnavailable("cut off")
        return getattr(self.cache, name)


class Worker:
    """As much of a worker as keeps a cache in step."""

    def __init__(self, cache, database, url) -> None:
        self.way = Fragile(cache)
        self.caching = Caching(self.way)
        self.world_poll = WorldPoll(database, self.caching, Contents(database, self.caching, None, None), alone=False)
        self.lock = WorldLock(url, shared=True, worker_id="w", on_poll=self.world_poll.poll, interval=0.02)


@pytest.fixture
async def workers(database_url):
    """Two workers that send heartbeats, over one cache and one PostgreSQL."""
    cache = MemoryCache(ManualClock())
    async with postgres.connect(database_url, pool=2, timeout=5) as database, contextlib.AsyncExitStack() as stack:
        both = [Worker(cache, database, database_url) for _ in range(2)]
        for one in both:
            await stack.enter_async_context(kept(one.lock))
            await one.lock.required()
        yield both


class Row:
    """A row in PostgreSQL, as far as a cache can tell."""

    def __init__(self) -> None:
        self.version, self.value, self.loads = 1, [1], 0

    async def __call__(self):
        self.loads += 1
        return self.version, list(self.value)

    def becomes(self, version, *value):
        self.version, self.value = version, list(value)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class Settled:
    """Contents that are in force."""

    async def settle(self):
        return []

    async def renew(self):
        """There is nothing newer."""


async def test_a_failover_before_the_first_poll_ends_no_sign_in(database_url):
    """Nothing is lost that the worker has seen since it took the world. Something lost is noticed as well."""
    async with postgres.connect(database_url, pool=2, timeout=5) as database:
        caching = Caching(MemoryCache(ManualClock()))
        world_poll = WorldPoll(database, caching, Settled(), alone=False)
        await world_poll.take_over()
        first = await database_identity.read(database)
        promoted = "update world set incarnation = '00000009 ' || split_part(incarnation, ' ', 2) || ' ' || split_part(incarnation, ' ', 3) || ' ' || split_part(incarnation, ' ', 4)"
        for _ in range(2):  # the second one comes before the first poll, too
            await execute(database_url, promoted)
            await world_poll.take_over()
            assert await database_identity.read(database) == first
        await execute(database_url, promoted)
        world_poll._reached *= 2
        await world_poll.take_over()
        assert (await database_identity.read(database)).life > first.life


def agree(workers):
    return lambda: len({one.caching.generation for one in workers}) == 1 and not any(one.caching.due for one in workers)


async def test_all_workers_follow_the_generation_in_postgres(workers, database_url):
    """Every worker reads a raise with its next poll, and never goes back."""
    (row,) = await execute(database_url, RAISE)
    await until(lambda: [one.caching.generation for one in workers] == [row["cache_generation"]] * 2)
    await workers[0].caching.learn(1, 0)
    assert workers[0].caching.generation == row["cache_generation"]


@pytest.mark.parametrize("kind", [KIND, NEAR], ids=["shared", "near"])
async def test_a_lost_invalidation_is_made_up_for(workers, kind):
    """The cache was out of reach when a row changed: from the next poll on no worker reads its values."""
    one, other = workers
    row = Row()
    await one.caching.fetch(kind, "a", row)
    await other.caching.fetch(kind, "a", row)
    one.way.broken = True
    row.becomes(2, 2)
    await one.caching.invalidate(kind, "a", 2)
    one.way.broken = False
    assert one.caching.due
    before = other.caching.generation
    await until(lambda: other.caching.generation > before)
    assert (await other.caching.fetch(kind, "a", row)).value == [2]


async def test_a_lost_write_is_made_up_for(workers):
    """Write-through is an invalidation, too."""
    one, other = workers
    row = Row()
    await other.caching.fetch(KIND, "a", row)
    one.way.broken = True
    row.becomes(2, 2)
    await one.caching.put(KIND, "a", 2, [2])
    one.way.broken = False
    before = other.caching.generation
    await until(lambda: other.caching.generation > before)
    assert (await other.caching.fetch(KIND, "a", row)).value == [2]


async def test_a_raise_that_postgres_did_not_take_is_due_again(workers, database_url):
    """While PostgreSQL refuses, it stays due; then it is done once."""
    one, other = workers
    (row,) = await execute(database_url, "select cache_generation as now from world")
    await execute(database_url, f"alter table world add constraint stay check (cache_generation = {row['now']})")
    refused = one.world_poll._database.queries["world.poll"] + 5
    one.caching.due = True
    await until(lambda: one.world_poll._database.queries["world.poll"] > refused)
    await execute(database_url, "alter table world drop constraint stay")
    await until(lambda: other.caching.generation > row["now"])
    await until(agree(workers))
    assert await execute(database_url, f"select from world where cache_generation = {one.caching.generation}")


async def test_an_invalidation_of_an_older_generation_is_repeated_under_the_new_one(workers):
    """The cache ignores a worker that does not know of a raise yet; once the worker knows, it repeats its invalidations."""
    one, other = workers
    row = Row()
    one.lock._on_poll = _nothing  # its heart stands still for a moment
    later = other.caching.generation + 10**9  # no raise comes near
    await other.caching.learn(later, 0)
    await other.caching.fetch(KIND, "a", row)
    row.becomes(2, 2)
    await one.caching.invalidate(KIND, "a", 2)
    assert (await other.caching.fetch(KIND, "a", row)).value == [1]
    await one.caching.learn(later, one.caching.mark())
    assert (await other.caching.fetch(KIND, "a", row)).value == [2]


async def test_a_slow_load_is_not_written_under_a_newer_generation(workers):
    """A value that was read before the generation rose is not written under the new one."""
    one, other = workers
    gate, row = asyncio.Event(), Row()

    async def slow():
        found = await row()
        await gate.wait()
        return found

    load = asyncio.create_task(one.caching.fetch(KIND, "a", slow))
    await until(lambda: row.loads == 1)
    row.becomes(2, 2)
    for worker in workers:
        await worker.caching.learn(worker.caching.generation + 9, worker.caching.mark())
    gate.set()
    await load
    assert (await other.caching.fetch(KIND, "a", row)).value == [2]


async def test_every_worker_sees_that_events_were_left_behind(workers, database_url):
    """`storage/test_outbox_rows.py` says which."""
    await execute(
        database_url,
        "insert into occurrences (kind, subject, version, events, created) values ('spawn', 'spawn:a', 1, '[]', now() - interval '3 seconds')",
    )
    await until(lambda: all(one.world_poll.some_unpublished.is_set() for one in workers))
    await execute(database_url, "update occurrences set published = true")
    await until(lambda: not any(one.world_poll.some_unpublished.is_set() for one in workers))


async def test_unconfirmed_invalidations_are_bounded(workers):
    """Above the bound the worker raises the generation instead."""
    one, other = workers
    one.lock._on_poll = _nothing
    before = other.caching.generation
    for number in range(UNCONFIRMED + 1):
        await one.caching.invalidate(KIND, str(number), 2)
    assert one.caching.due
    one.lock._on_poll = one.world_poll.poll
    await until(lambda: other.caching.generation > before)


async def _nothing(connection):
    """No heartbeat."""
    return await connection.fetchval("select pg_backend_pid()")
