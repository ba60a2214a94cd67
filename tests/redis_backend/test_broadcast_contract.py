"""Broadcast keeps its promises over fakeredis, Redis and Redis behind Sentinels, between two workers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from echoes.testing import BroadcastContract
from echoes_redis.broadcast import RedisBroadcast
from echoes_redis.driver import Driver
from redis_workers import Backend, advancing, broadcasting


class TestRedisBroadcast(BroadcastContract):
    @pytest_asyncio.fixture
    async def both(self, backend: Backend, drivers: tuple[Driver, Driver]) -> AsyncIterator[tuple[RedisBroadcast, RedisBroadcast]]:
        async with broadcasting(backend, *drivers) as workers:
            yield workers

    @pytest.fixture
    def store(self, both):
        return both[0]

    @pytest.fixture
    def other(self, both):
        return both[1]

    @pytest.fixture
    def advance(self, drivers):
        return advancing(drivers[0])

    @pytest.fixture
    def forget(self, wipe, store):
        async def crash():
            await wipe()
            return store

        return crash
