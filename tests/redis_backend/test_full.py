"""A Redis that has reached its `maxmemory`: nothing is half done, and whoever wants to stay or to go may."""

import pytest
from echoes.errors import FacilityUnavailable
from echoes.facilities.cache import CachedKind, Entry
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes_redis.cache import RedisCache
from echoes_redis.keys import Keys
from echoes_redis.lock import RedisLocks
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions

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


async def test_a_body_is_not_lost_in_a_move_that_is_refused(drivers, full):
    """The move is unavailable and the body is where it was, in every index."""
    registry = RedisRegistry(drivers[0], KEYS)
    await registry.place(ASH, "overpass", version=1, epoch=1)
    await full()
    with pytest.raises(FacilityUnavailable, match="full"):
        await registry.move(ASH, "subway", version=2)
    with pytest.raises(FacilityUnavailable, match="full"):
        await registry.place(EMBER, "subway", version=1, epoch=1)
    assert await registry.everyone() == {ASH: "overpass"}
    assert (await registry.players_in("overpass"), await registry.players_in("subway")) == ({ASH}, frozenset())


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
    """Workers stay alive, sessions and leases are prolonged: nobody is taken for dead because Redis is full."""
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
    with pytest.raises(FacilityUnavailable, match="full"):
        await cache.write(NOTE, "y", Entry(1, b"{}"), generation=1)
