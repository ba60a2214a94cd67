"""One Redis serves one database: the server of another database is refused, at the start and later."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from cluster import cluster
from echoes.clock import SystemClock
from echoes.errors import ConfigurationError, FacilityUnavailable
from echoes.facilities.cache import CachedKind, Entry
from echoes.plugins import Selection, load
from echoes_redis import database_claim
from postgres import execute
from redis_server import RedisServer

NOTE = CachedKind("note", "note:{id}", "string", 60.0, dict)
KEY = "echoes:{world}:database"


@pytest.fixture
def redis():
    with RedisServer("--appendonly", "yes") as server:
        yield server


def backends(redis, **environ):
    return load(
        Selection.all("redis", extensions=False),
        environ={"ECHOES_REDIS_URL": redis.url, "ECHOES_REDIS_BOOT_TIMEOUT": "1", **environ},
        clock=SystemClock(),
    )


async def eventually(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def unwell(one):
    return any(not health.ok and "serves another database" in health.detail for health in one.health())


async def test_a_redis_of_another_database_is_refused_with_advice(redis):
    """The error names both databases, the prefix and the key; the other server plays on; another prefix is another world."""
    ours = backends(redis)
    async with ours.lifespan("production"):
        with pytest.raises(
            ConfigurationError, match=r"serves another database.*production.*staging.*ECHOES_REDIS_PREFIX.*'echoes:'.*delete"
        ):
            async with backends(redis).lifespan("staging"):
                pytest.fail("it must not start")
        assert all(one.ok for one in ours.health())
        async with backends(redis).lifespan("production"), backends(redis, ECHOES_REDIS_PREFIX="staging:").lifespan("staging"):
            pass
    assert redis.cli("GET", KEY) == b"production"


async def test_a_cache_of_its_own_is_claimed_as_well(redis):
    """Values of another database would be served from it."""
    with RedisServer() as cache:
        async with backends(redis, ECHOES_REDIS_CACHE_URL=cache.url).lifespan("production"):
            assert cache.cli("GET", KEY) == b"production"
        with RedisServer() as other, pytest.raises(ConfigurationError, match="serves another database"):
            async with backends(other, ECHOES_REDIS_CACHE_URL=cache.url).lifespan("staging"):
                pytest.fail("it must not start")


async def test_of_two_that_start_at_once_one_is_refused(redis):
    """In either order."""

    async def start(world):
        async with backends(redis).lifespan(world):
            await asyncio.sleep(0.5)

    ended = await asyncio.gather(*map(start, ("production", "staging")), return_exceptions=True)
    assert [isinstance(one, ConfigurationError) for one in ended].count(True) == 1


async def test_a_redis_that_was_emptied_is_claimed_again(redis, monkeypatch):
    """Without a new connection, within seconds; and with one, at once."""
    monkeypatch.setattr(database_claim, "SECONDS", 0.05)
    async with backends(redis).lifespan("production"):
        redis.cli("FLUSHALL")
        await eventually(lambda: redis.cli("GET", KEY) == b"production")
        await asyncio.to_thread(redis.kill)
        redis.wipe()
        await asyncio.to_thread(redis.start)
        await eventually(lambda: redis.cli("GET", KEY) == b"production")


async def test_a_worker_stops_using_a_redis_that_serves_another_database(redis, monkeypatch):
    """It reads, writes and receives nothing there, and health gives the reason; when the Redis is its own again, the worker returns."""
    monkeypatch.setattr(database_claim, "SECONDS", 0.05)
    ours, heard = backends(redis), []
    async with ours.lifespan("production"):
        await ours.facilities.broadcast.subscribe("location:yard", heard.append)
        redis.cli("FLUSHALL")
        redis.cli("SET", KEY, "staging")
        await eventually(lambda: unwell(ours))
        with pytest.raises(FacilityUnavailable, match="serves another database"):
            await ours.facilities.cache.write(NOTE, "1", Entry(1, b"{}"), generation=1)
        await eventually(lambda: redis.cli("PUBSUB", "NUMSUB", "echoes:location:yard")[1] == 0)
        redis.cli("SET", KEY, "production")
        await eventually(lambda: all(one.ok for one in ours.health()))
        await ours.facilities.broadcast.publish("location:yard", b"back")
        await eventually(lambda: any(getattr(one, "payload", b"") == b"back" for one in heard))


async def test_a_full_redis_is_claimed_when_there_is_room(redis, monkeypatch):
    """It lets its own server in, and others too until then."""
    monkeypatch.setattr(database_claim, "SECONDS", 0.05)
    redis.cli("CONFIG", "SET", "maxmemory", "1")
    async with backends(redis).lifespan("production") as _:
        assert redis.cli("GET", KEY) is None
        redis.cli("CONFIG", "SET", "maxmemory", "0")
        await eventually(lambda: redis.cli("GET", KEY) == b"production")
        redis.cli("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(ConfigurationError, match="serves another database"):
            async with backends(redis).lifespan("staging"):
                pytest.fail("it must not start")


async def test_two_servers_over_two_databases(redis, database_url, tmp_path):
    """As an operator would do it: a copy of the database has an identity of its own, and its server does not start on the same Redis."""
    async with cluster(database_url, tmp_path, redis=redis.url), AsyncExitStack() as stack:
        await execute(database_url, "update world set identity = 'another'")
        with pytest.raises(ConfigurationError, match="another"):
            await stack.enter_async_context(cluster(database_url, tmp_path, redis=redis.url))
