"""A Redis that has reached its `maxmemory`: nothing is half done, and a player who wants to stay or to go may."""

import asyncio
import re

import pytest
from echoes.errors import FacilityFull
from echoes.facilities.cache import CachedKind, Entry
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes_redis.cache import RedisCache
from echoes_redis.channel import KEYS_AT_LEAST, KEYS_PER_MESSAGE, Store, tag_of
from echoes_redis.keys import Keys
from echoes_redis.lock import RedisLocks
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions
from echoes_redis.settings import RedisSettings

pytestmark = pytest.mark.parametrize("backend", ["redis"], indirect=True)

ASH, EMBER = 17, 18
KEYS = Keys()
NOTE = CachedKind("note", "note:{id}", "string", 60.0, dict)


@pytest.fixture
def full(drivers):
    """Fills the store up: from now on not a byte more."""

    async def fill():
        await drivers[0].call("CONFIG", "SET", "maxmemory", 1)

    return fill


@pytest.fixture(autouse=True)
async def _room(drivers):
    yield
    await drivers[0].call("CONFIG", "SET", "maxmemory", 0)


async def test_moving_needs_no_memory(drivers, full):
    """A look shows players where they are, also in locations that were empty before; one more body finds no room."""
    registry = RedisRegistry(drivers[0], KEYS)
    await registry.place(ASH, "overpass", version=1, epoch=1, name="Ash")
    await full()
    for version, location in enumerate(("subway", "yard", "subway", "overpass", "yard"), start=2):
        assert await registry.move(ASH, location, version=version) is True
        assert await registry.locate(ASH) == location
        assert [body.name for body in (await registry.crowd(location, limit=5)).bodies] == ["Ash"]
    with pytest.raises(FacilityFull, match="full"):
        await registry.place(EMBER, "subway", version=1, epoch=1)
    assert await registry.everyone() == {ASH: "yard"}
    assert [await registry.players_in(location) for location in ("overpass", "subway", "yard")] == [frozenset(), frozenset(), {ASH}]


async def test_leaving_needs_no_memory(drivers, full):
    """Sessions are detached and closed, bodies removed, connections forgotten, leases given back."""
    sessions, registry, locks = (make(drivers[0], KEYS) for make in (RedisSessions, RedisRegistry, RedisLocks))
    claim = await sessions.claim(ASH, worker="w", connection="c", fields={}, ttl=60)
    await registry.place(ASH, "overpass", version=1, epoch=claim.epoch)
    await registry.attach("w", ASH, ConnectionInfo("c", claim.epoch, 0.0))
    lease = await locks.acquire("tick", ttl=60)
    await full()
    assert await registry.detach("w", ASH, epoch=claim.epoch) is True
    await sessions.detach(ASH, claim.epoch, 0)
    assert [session.character for session in await sessions.overdue()] == [ASH]
    assert await registry.remove(ASH, epoch=claim.epoch) is True
    await sessions.close(ASH, claim.epoch)
    assert await registry.place(ASH, "overpass", version=1, epoch=claim.epoch) is False
    assert await sessions.restore(ASH, claim.epoch, worker="w", connection="c", fields={}, ttl=60) is False
    assert await locks.release(lease) is True


async def test_staying_needs_no_memory(drivers, full, advance):
    """Workers send heartbeats, sessions and leases are prolonged: no worker is reaped because Redis is full."""
    sessions, registry, locks = (make(drivers[0], KEYS) for make in (RedisSessions, RedisRegistry, RedisLocks))
    claim = await sessions.claim(ASH, worker="w", connection="c", fields={}, ttl=60)
    await registry.heartbeat(WorkerInfo(worker_id="w", started=0.0), 10)
    lease = await locks.acquire("tick", ttl=60)
    await advance(5)
    await full()
    await sessions.touch(ASH, claim.epoch, 600)
    await registry.heartbeat(WorkerInfo(worker_id="w", started=0.0, connections=1), 600)
    await locks.renew(lease, ttl=600)
    for key in (KEYS.session(ASH), KEYS.heartbeat("w"), KEYS.lock("tick")):
        assert await drivers[0].call("PTTL", key) > 500_000
    assert [info.connections for info in await registry.workers()] == [1]


async def test_an_old_value_goes_also_when_the_new_one_finds_no_room(drivers, full):
    """An invalidation of what is cached takes effect; a write of what is not is unavailable."""
    cache = RedisCache(drivers[0], KEYS)
    await cache.write(NOTE, "x", Entry(1, b"{}"), generation=1)
    await full()
    await cache.invalidate(NOTE, "x", version=2, generation=1)
    assert await cache.read(NOTE, "x", generation=1) is None
    with pytest.raises(FacilityFull, match="full"):
        await cache.write(NOTE, "y", Entry(1, b"{}"), generation=1)


# Lines that people say


SETTINGS = RedisSettings()
PAYLOAD = b"x" * 200
MESSAGE_BYTES, KEY_BYTES, CHANNEL_BYTES = 400, 250, 6_000
"""The most bytes of one message of 200 bytes in history, one remembered key, and the rest of a channel; `docs/redis.md` says so."""


def bound_of(channel):
    """Bytes that a channel takes at most with messages of 200 bytes."""
    limit = SETTINGS.history_messages_player if channel.startswith("player:") else SETTINGS.history_messages
    return limit * MESSAGE_BYTES + max(KEYS_AT_LEAST, KEYS_PER_MESSAGE * limit) * KEY_BYTES + CHANNEL_BYTES


async def used(driver):
    """Bytes."""
    return int(re.search(rb"used_memory:(\d+)", await driver.call("INFO", "memory"))[1])


async def test_chat_continues_at_maxmemory_and_its_memory_is_bounded(drivers, full):
    """Thousands of messages at `maxmemory`, each with a position and in history: memory stays under the stated bound."""
    store = Store(drivers[0], SETTINGS)
    channels = ["location:overpass", *(f"player:{number}" for number in range(10))]
    before = await used(drivers[0])
    await full()
    for turn in range(6):
        for channel in channels:
            await asyncio.gather(
                *(store.publish(channel, tag_of(f"{turn}:client-of-some-length:{number}:0"), PAYLOAD, 300.0) for number in range(1000))
            )
        assert await used(drivers[0]) - before < sum(map(bound_of, channels))
    found = await store.read(channels[0], [])
    assert found.position.offset == 6000
    with pytest.raises(FacilityFull):
        await drivers[0].call("SET", "x", "y")


async def test_a_key_is_recognised_among_as_many_messages_as_are_promised(drivers, full):
    """The same key answers with the first position for as many messages as the page says, also at the limit; then it counts as a new one."""
    store = Store(drivers[0], SETTINGS)
    await full()
    for channel in ("player:7", "location:overpass"):
        remembered = store.names(channel).remembered
        assert remembered >= 4 * store.names(channel).limit
        first = await store.publish(channel, tag_of("first"), PAYLOAD, 300.0)
        for number in range(remembered - 1):
            await store.publish(channel, tag_of(str(number)), PAYLOAD, 300.0)
        assert await store.publish(channel, tag_of("first"), PAYLOAD, 300.0) == first
        await store.publish(channel, tag_of("one more"), PAYLOAD, 300.0)
        assert (await store.publish(channel, tag_of("first"), PAYLOAD, 300.0)).offset == remembered + 2
        assert await drivers[0].call("HLEN", store.names(channel).keys) == remembered
        assert await drivers[0].call("LLEN", store.names(channel).order) == remembered


async def test_keys_are_forgotten_by_age(drivers, advance):
    """A key that is older than its time leaves nothing behind."""
    store = Store(drivers[0], SETTINGS)
    for number in range(50):
        await store.publish("player:7", tag_of(str(number)), PAYLOAD, 300.0)
    await advance(200)
    await store.publish("player:7", tag_of("young"), PAYLOAD, 300.0)
    await advance(150)
    await store.publish("player:7", tag_of("0"), PAYLOAD, 300.0)
    assert await drivers[0].call("LRANGE", store.names("player:7").order, 0, -1) == [b"=young", b"=0"]
    assert await drivers[0].call("HLEN", store.names("player:7").keys) == 2


async def test_expired_keys_and_entries_are_looked_for_once_a_second(drivers, advance):
    """A message that follows another one within a second costs Redis no search for them."""
    store = Store(drivers[0], SETTINGS)

    async def calls(tag: str) -> set[str]:
        await drivers[0].call("CONFIG", "RESETSTAT")
        await store.publish("player:7", tag_of(tag), PAYLOAD, 300.0)
        stats = (await drivers[0].call("INFO", "commandstats")).decode()
        return {line.partition(":")[0].removeprefix("cmdstat_") for line in stats.splitlines() if line.startswith("cmdstat_")}

    search = {"xrange", "lindex"}
    assert search <= await calls("one")
    soon = [await calls(f"soon {number}") for number in range(5)]
    assert any(not search & made for made in soon), "a machine may stall for a second, but not for each of five"
    await advance(1.1)
    assert search <= await calls("later")
