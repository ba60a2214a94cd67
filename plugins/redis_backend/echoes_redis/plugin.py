"""The plugin `redis` of the group `echoes.backends`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import pluggy
from echoes import hookimpl
from echoes.facilities import Broadcast, Cache, LockManager, Registry, SessionStore
from echoes.hookspecs import BackendContext, BackendHealth

from echoes_redis.broadcast import RedisBroadcast
from echoes_redis.cache import RedisCache
from echoes_redis.database_claim import Claim
from echoes_redis.driver import Driver
from echoes_redis.endpoint import endpoint_of
from echoes_redis.inspection import inspect
from echoes_redis.keys import Keys
from echoes_redis.lock import RedisLocks
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions
from echoes_redis.settings import RedisSettings


@hookimpl
def echoes_seam_version() -> int:
    """The seam version of this plugin: reports of crashes came with version 9."""
    return 9


@hookimpl
def echoes_settings() -> type[RedisSettings]:
    """The settings `ECHOES_REDIS_*`."""
    return RedisSettings


@hookimpl
def echoes_configure(plugins: pluggy.PluginManager, context: BackendContext) -> None:
    """Register one instance for this application; nothing is connected yet."""
    plugins.register(RedisBackend(context))


class RedisBackend:
    """All five facilities of one worker, on one Redis, or on two when the cache has its own."""

    def __init__(self, context: BackendContext) -> None:
        settings = RedisSettings.read(context.environ)
        endpoint = endpoint_of(settings.url, settings)
        self._name = context.name
        self._settings = settings
        keys, tombstone = Keys(settings.prefix), settings.tombstone_seconds
        self._claim = Claim(keys)
        self._driver = Driver(endpoint, settings, prepare=self._claim.make)
        self._drivers = {"main": self._driver}
        if settings.cache_url:
            self._drivers["cache"] = Driver(
                endpoint_of(settings.cache_url, settings, setting="ECHOES_REDIS_CACHE_URL"), settings, role="cache",
                prepare=self._claim.make,
            )  # fmt: skip
        self._sessions = RedisSessions(self._driver, keys, tombstone_seconds=tombstone)
        self._registry = RedisRegistry(self._driver, keys, tombstone_seconds=tombstone)
        self._cache = RedisCache(self._drivers.get("cache", self._driver), keys, tombstone_seconds=tombstone)
        self._locks = RedisLocks(self._driver, keys)
        self._broadcast = RedisBroadcast(self._driver, endpoint, settings, prepare=self._claim.make)
        self._broadcasting = False

    @hookimpl
    def echoes_world(self, identity: str) -> None:
        """Set the database that is served: Redis records it, and refuses the server of another one."""
        self._claim.identity = identity

    @hookimpl
    def echoes_session_store(self) -> SessionStore:
        """Sessions."""
        return self._sessions

    @hookimpl
    def echoes_registry(self) -> Registry:
        """Bodies and workers."""
        return self._registry

    @hookimpl
    def echoes_cache(self) -> Cache:
        """Cached values."""
        return self._cache

    @hookimpl
    def echoes_broadcast(self) -> Broadcast:
        """Channels. A core that does not ask for them needs no subscriber's connection."""
        self._broadcasting = True
        return self._broadcast

    @hookimpl
    def echoes_lock_manager(self) -> LockManager:
        """Leases."""
        return self._locks

    @hookimpl
    def echoes_max_workers(self) -> None:
        """Any number."""

    @hookimpl
    def echoes_lifespan(self) -> AbstractAsyncContextManager[None]:
        """Connect and stay connected. Raises `ConfigurationError` when Redis cannot be used now."""
        return self._serving()

    @hookimpl
    def echoes_lifespan_seconds(self) -> float:
        """The time that all connections may take to be made, one after the other."""
        one = self._settings.boot_timeout + self._settings.connect_timeout + self._settings.io_timeout
        return one * (len(self._drivers) + self._broadcasting) + 1.0

    @hookimpl
    def echoes_backend_health(self) -> BackendHealth:
        """Healthy while every connection stands and published messages are delivered."""
        main = self._driver.facts
        problems = [f"{role}: {driver.facts.error}" for role, driver in self._drivers.items() if not driver.facts.connected]
        if self._broadcasting:
            problems += self._broadcast.problems
        facts = {
            "address": main.address,
            "version": main.server.version or "unknown",
            "run_id": main.server.run_id,
            "reconnects": str(max(0, main.connections - 1)),
        }
        if self._broadcasting and self._broadcast.delivery_seconds is not None:
            facts["delivery_ms"] = f"{self._broadcast.delivery_seconds * 1000:.2f}"
        if "cache" in self._drivers:
            facts["cache_address"] = self._drivers["cache"].facts.address
        return BackendHealth(self._name, ok=not problems, detail="; ".join(problems), facts=facts)

    def _leave(self, driver: Driver, reason: str) -> None:
        driver.drop(reason)
        if driver is self._driver:
            self._broadcast.leave(reason)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for driver in self._drivers.values():
                await stack.enter_async_context(driver.serving())
            if self._broadcasting:
                await stack.enter_async_context(self._broadcast.serving())
            looking = [
                asyncio.create_task(inspect(driver, self._settings.prefix, role=role), name=f"redis:{role}:inspection")
                for role, driver in self._drivers.items()
            ]
            looking += [
                asyncio.create_task(self._claim.watch(driver, partial(self._leave, driver)), name=f"redis:{role}:claim")
                for role, driver in self._drivers.items()
            ]
            try:
                yield
            finally:
                for task in looking:
                    task.cancel()
                await asyncio.gather(*looking, return_exceptions=True)
