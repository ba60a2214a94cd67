"""Session store, registry, cache and locks keep every promise of their contracts: two workers on one store, of each kind."""

import pytest
from echoes.testing import CacheContract, LockManagerContract, RegistryContract, SessionStoreContract
from echoes_redis.cache import RedisCache
from echoes_redis.keys import Keys
from echoes_redis.lock import RedisLocks
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions
from redis_workers import ADVANCE


class OnRedis:
    """`store` and `other` are two workers; the store may lose everything while they run."""

    make: type

    @pytest.fixture
    async def store(self, drivers):
        return self.make(drivers[0], Keys())

    @pytest.fixture
    async def other(self, drivers):
        return self.make(drivers[1], Keys())

    @pytest.fixture
    def advance(self, drivers):
        async def later(seconds):
            await drivers[0].call("EVAL", ADVANCE, 0, seconds)

        return later

    @pytest.fixture
    def forget(self, store, wipe):
        async def lose():
            await wipe()
            return store

        return lose


class TestRedisSessions(OnRedis, SessionStoreContract):
    make = RedisSessions


class TestRedisRegistry(OnRedis, RegistryContract):
    make = RedisRegistry


class TestRedisCache(OnRedis, CacheContract):
    make = RedisCache


class TestRedisLocks(OnRedis, LockManagerContract):
    make = RedisLocks
