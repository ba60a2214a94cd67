"""Backends that every test of a facility runs over, each with two workers on one empty store.

`backend` is parametrized (`fakeredis`, `redis`, `redis-sentinel`). `drivers` are its two workers' drivers, connected; `advance`
lets the store's time pass; `forget` makes it lose everything. The servers live as long as the test run and are emptied between tests.
Tests that break a server start one of their own (`redis_server.RedisServer`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from echoes.clock import Advance
from echoes_redis.driver import Driver
from echoes_redis.settings import RedisSettings
from redis_fake import FakeEndpoint
from redis_server import RedisServer, SentinelGroup
from redis_workers import Backend, advancing, at, serving


@pytest.fixture(scope="session")
def redis_server():
    """A Redis for the whole run."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def sentinel_group():
    """A master, a replica and three Sentinels for the whole run. Tests of contracts do not fail it over."""
    with SentinelGroup() as group:
        yield group


@pytest.fixture(params=["fakeredis", "redis", "redis-sentinel"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each kind of store that there is."""
    if request.param == "fakeredis":
        return Backend(FakeEndpoint(), RedisSettings())
    server = request.getfixturevalue("redis_server" if request.param == "redis" else "sentinel_group")
    return at(server.url)


@pytest_asyncio.fixture
async def drivers(backend: Backend) -> AsyncIterator[tuple[Driver, Driver]]:
    """Two workers on one empty store."""
    async with serving(backend.driver(), backend.driver()) as both:
        await both[0].call("FLUSHALL")
        yield both


@pytest.fixture
def advance(drivers: tuple[Driver, Driver]) -> Advance:
    """Lets the store's seconds pass."""
    return advancing(drivers[0])


@pytest.fixture
def wipe(drivers: tuple[Driver, Driver]) -> Callable[[], Awaitable[None]]:
    """Makes the store lose everything."""

    async def lose() -> None:
        await drivers[0].call("FLUSHALL")

    return lose
