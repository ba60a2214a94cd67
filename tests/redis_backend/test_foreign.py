"""Foreign values under the plugin's keys, and values that were cut short: logged once, treated as nothing, replaced."""

import json

import pytest
from echoes.errors import StaleEpoch
from echoes.facilities.cache import CachedKind, Entry
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes_redis.cache import RedisCache
from echoes_redis.keys import Keys
from echoes_redis.lock import RedisLocks
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions
from structlog.testing import capture_logs

ASH = 17
KEYS = Keys()
KINDS = {
    "list": CachedKind("things", "player:{id}:inventory", "list", 600.0, list),
    "hash": CachedKind("place", "location:{id}:cache", "hash", None, dict),
    "string": CachedKind("note", "note:{id}", "string", 60.0, dict),
}
VALUES = {"list": b'[{"v":1},"two"]', "hash": b'{"name":"Overpass","@":1,"@@tags":["a"]}', "string": b'{"v":1}'}
SHAPES = pytest.mark.parametrize("shape", list(KINDS))
DAMAGE = {
    "a-string": lambda key: [("DEL", key), ("SET", key, "nonsense")],
    "a-set": lambda key: [("DEL", key), ("SADD", key, "a")],
    "a-list": lambda key: [("DEL", key), ("RPUSH", key, "nonsense", '{"v":9}')],
    "a-hash": lambda key: [("DEL", key), ("HSET", key, "@", "nonsense", "v", "1")],
    "an-empty-string": lambda key: [("SET", key, "")],
    "a-hash-without-header": lambda key: [("DEL", key), ("HSET", key, "name", '"Overpass"')],
}


async def cached(driver, shape):
    """A cache with a value of version 5 in it."""
    cache = RedisCache(driver, KEYS)
    assert await cache.write(KINDS[shape], "x", Entry(5, VALUES[shape]), generation=1)
    return cache, KINDS[shape], KEYS.cached(KINDS[shape], "x")


@SHAPES
@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_foreign_entry_is_a_miss_and_is_replaced(drivers, shape, damage):
    """Any foreign value: a reader misses, one log line names the key, the next write replaces it."""
    cache, kind, key = await cached(drivers[0], shape)
    for command in DAMAGE[damage](key):
        await drivers[0].call(*command)
    with capture_logs() as logs:
        assert await cache.read(kind, "x", generation=1) is None
    assert [(line["event"], line["key"]) for line in logs] == [("cache.entry_foreign", key)]
    assert await cache.write(kind, "x", Entry(2, VALUES[shape]), generation=1) is True
    with capture_logs() as logs:
        found = await cache.read(kind, "x", generation=1)
    assert (found.version, json.loads(found.value), logs) == (2, json.loads(VALUES[shape]), [])


@SHAPES
@pytest.mark.parametrize("damage", DAMAGE)
async def test_an_invalidation_replaces_a_foreign_entry(drivers, shape, damage):
    """Afterwards the tombstone stands there, and it counts."""
    cache, kind, key = await cached(drivers[0], shape)
    for command in DAMAGE[damage](key):
        await drivers[0].call(*command)
    with capture_logs() as logs:
        await cache.invalidate(kind, "x", version=7, generation=1)
    assert [(line["event"], line["key"]) for line in logs] == [("cache.entry_foreign", key)]
    assert await cache.write(kind, "x", Entry(6, VALUES[shape]), generation=1) is False


@pytest.mark.parametrize(
    ("shape", "command"),
    [
        pytest.param("list", ("RPUSH", '{"added":1}'), id="list-element-added"),
        pytest.param("list", ("LSET", 1, '{"v":'), id="list-element-broken"),
        pytest.param("list", ("RPOP",), id="list-element-gone"),
        pytest.param("hash", ("HSET", "name", '"Over'), id="hash-field-broken"),
        pytest.param("hash", ("HSET", b"\xff\xfe", "1"), id="hash-field-no-text"),
        pytest.param("hash", ("HDEL", "name"), id="hash-field-gone"),
        pytest.param("string", ("APPEND", "}"), id="string-longer"),
    ],
)
async def test_a_tampered_value_is_a_miss(drivers, shape, command):
    """A value that is not as it was written is not served, whether or not it is still JSON."""
    cache, kind, key = await cached(drivers[0], shape)
    await drivers[0].call(command[0], key, *command[1:])
    with capture_logs() as logs:
        assert await cache.read(kind, "x", generation=1) is None
    assert [(line["event"], line["key"]) for line in logs] == [("cache.entry_foreign", key)]
    assert await cache.write(kind, "x", Entry(5, VALUES[shape]), generation=1) is True
    assert (await cache.read(kind, "x", generation=1)).version == 5


async def test_a_value_of_another_shape_is_refused(drivers):
    """It is the caller's mistake, and nothing is written."""
    cache = RedisCache(drivers[0], KEYS)
    for shape, value in (("list", b'{"a":1}'), ("hash", b"[1]"), ("list", b"[1"), ("hash", b'{"a"')):
        with pytest.raises(ValueError, match=r"JSON|Expected|truncated"):
            await cache.write(KINDS[shape], "x", Entry(1, value), generation=1)
    assert await drivers[0].call("DBSIZE") == 0


async def test_a_long_list_is_no_problem(drivers):
    """More elements than a Lua function takes arguments."""
    cache = RedisCache(drivers[0], KEYS)
    for shape, value in (("list", list(range(20_001))), ("hash", {str(n): n for n in range(20_001)})):
        await cache.write(KINDS[shape], "x", Entry(1, json.dumps(value).encode()), generation=1)
        assert json.loads((await cache.read(KINDS[shape], "x", generation=1)).value) == value


@pytest.mark.parametrize("damage", ["a-string", "a-set", "a-list", "a-hash-without-header"])
async def test_a_foreign_session_is_none(drivers, damage):
    """It reads as absent, in a crowd too, refuses writes, and a claim or a restoration replaces it."""
    sessions = RedisSessions(drivers[0], KEYS)
    key = KEYS.session(ASH)
    await sessions.claim(1, worker="w", connection="c", fields={}, ttl=60)
    for begin in ("claim", "restore"):
        for command in DAMAGE[damage](key):
            await drivers[0].call(*command)
        with capture_logs() as logs:
            assert await sessions.read(ASH) is None
        assert [(line["event"], line["key"]) for line in logs] == [("session.entry_corrupt", key)]
        one, none = await sessions.read_many([1, ASH])
        assert (one.character, none) == (1, None)
        with pytest.raises(StaleEpoch):
            await sessions.write(ASH, 5, {"hp": 1}, 60)
        with pytest.raises(StaleEpoch):
            await sessions.detach(ASH, 5, 60)
        if begin == "claim":
            assert (await sessions.claim(ASH, worker="w", connection="c", fields={"hp": 3}, ttl=60)).previous is None
        else:
            assert await sessions.restore(ASH, 2**52, worker="w", connection="c", fields={"hp": 3}, ttl=60) is True
        assert (await sessions.read(ASH)).hp == 3


async def test_foreign_helpers_of_sessions_are_replaced(drivers, advance):
    """Nonsense under the keys beside the sessions does not stop players from entering and leaving."""
    sessions = RedisSessions(drivers[0], KEYS)
    first = await sessions.claim(ASH, worker="w", connection="c", fields={}, ttl=60)
    for key in (KEYS.grace, KEYS.epoch, KEYS.closed(ASH)):
        await drivers[0].call("DEL", key)
        await drivers[0].call("RPUSH", key, "nonsense")
    assert await sessions.overdue() == []
    assert await sessions.restore(ASH, first.epoch, worker="w", connection="c", fields={}, ttl=60) is False
    second = await sessions.claim(ASH, worker="w", connection="c", fields={}, ttl=60)
    assert second.epoch > first.epoch
    await sessions.detach(ASH, second.epoch, 0)
    assert [session.epoch for session in await sessions.overdue()] == [second.epoch]
    await sessions.close(ASH, second.epoch)
    assert await sessions.restore(ASH, second.epoch, worker="w", connection="c", fields={}, ttl=60) is False


async def test_a_session_with_nonsense_in_it_is_none(drivers):
    """A field that is no number makes the whole session unreadable; a claim replaces it and stays above its epoch."""
    sessions = RedisSessions(drivers[0], KEYS)
    first = await sessions.claim(ASH, worker="w", connection="c", fields={}, ttl=60)
    for command in (("HSET", "hp", "many"), ("HSET", "websocket_connected", "perhaps"), ("HDEL", "name")):
        await drivers[0].call(command[0], KEYS.session(ASH), *command[1:])
        assert await sessions.read(ASH) is None
    second = await sessions.claim(ASH, worker="w", connection="c", fields={}, ttl=60)
    assert second.epoch > first.epoch
    assert (await sessions.read(ASH)).epoch == second.epoch


@pytest.mark.parametrize("place", ["overpass", "", "a:b{c}"])
async def test_a_foreign_location_set_is_rebuilt(drivers, place):
    """Its players are found again, by a look as well as by an arrival."""
    registry = RedisRegistry(drivers[0], KEYS)
    for character in (1, 2, 3):
        await registry.place(character, place if character < 3 else "elsewhere", version=1, epoch=1)
    for look in (True, False):
        await drivers[0].call("SET", KEYS.players(place), "nonsense")
        if look:
            assert await registry.players_in(place) == {1, 2}
        else:
            assert await registry.move(3, place, version=2) is True
    assert await registry.players_in(place) == {1, 2, 3}
    assert await registry.counts() == {place: 3}


async def test_a_registry_of_foreign_values_is_rebuilt(drivers):
    """Every key replaced by nonsense counts as forgotten: bodies, connections and workers register again."""
    registry, before = RedisRegistry(drivers[0], KEYS), RedisRegistry(drivers[1], KEYS)
    info, connection = WorkerInfo(worker_id="w", started=0.0), ConnectionInfo("c", 5, 0.0)
    for view in (before, registry):
        await view.heartbeat(info, 10)
        assert await view.place(ASH, "overpass", version=1, epoch=5) is True
        await view.attach("w", ASH, connection)
        if view is before:
            for key in await drivers[0].call("KEYS", "*"):
                await drivers[0].call("DEL", key)
                await drivers[0].call("ZADD", key, 1, "nonsense")
    assert await before.everyone() == {ASH: "overpass"}
    assert await before.connections("w") == {ASH: connection}
    assert [known.worker_id for known in await before.workers()] == ["w"]
    await registry.retire("w")
    assert await before.reap("w") == {ASH: connection}
    assert await before.remove(ASH, epoch=5) is True


@pytest.mark.parametrize("damage", ["a-string", "a-set", "a-hash"])
async def test_a_foreign_lock_without_a_deadline_is_ignored(drivers, damage):
    """A value without a deadline does not block the name."""
    locks = RedisLocks(drivers[0], KEYS)
    for command in (*DAMAGE[damage](KEYS.lock("tick")), *DAMAGE[damage](KEYS.token("tick"))):
        await drivers[0].call(*command)
    lease = await locks.acquire("tick", ttl=10)
    await locks.renew(lease, ttl=10)
    assert await locks.acquire("tick", ttl=10) is None
    assert await locks.release(lease) is True
