"""The plugin `memory` of the group `echoes.backends`."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pluggy
from echoes import hookimpl
from echoes.facilities import Broadcast, Cache, LockManager, Registry, SessionStore
from echoes.hookspecs import BackendContext, BackendHealth

from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.cache import MemoryCache
from echoes_memory.lock import MemoryLocks
from echoes_memory.registry import MemoryRegistry
from echoes_memory.session import MemorySessions
from echoes_memory.settings import MemorySettings


@hookimpl
def echoes_seam_version() -> int:
    """The seam version of this plugin: reports of crashes came with version 9."""
    return 9


@hookimpl
def echoes_settings() -> type[MemorySettings]:
    """The settings `ECHOES_MEMORY_*`."""
    return MemorySettings


@hookimpl
def echoes_configure(plugins: pluggy.PluginManager, context: BackendContext) -> None:
    """Register one instance for this application. A second application in the process gets its own."""
    plugins.register(MemoryBackend(context))


class MemoryBackend:
    """All five facilities of one application."""

    def __init__(self, context: BackendContext) -> None:
        settings = MemorySettings.read(context.environ)
        self._name = context.name
        self._sessions = MemorySessions(context.clock, tombstone_seconds=settings.tombstone_seconds)
        self._registry = MemoryRegistry(context.clock, tombstone_seconds=settings.tombstone_seconds)
        self._cache = MemoryCache(context.clock, tombstone_seconds=settings.tombstone_seconds)
        self._broadcast = MemoryBroadcast(context.clock, settings)
        self._locks = MemoryLocks(context.clock)

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
        """Channels."""
        return self._broadcast

    @hookimpl
    def echoes_lock_manager(self) -> LockManager:
        """Leases."""
        return self._locks

    @hookimpl
    def echoes_max_workers(self) -> int:
        """One: everything lives in one process."""
        return 1

    @hookimpl
    def echoes_lifespan(self) -> AbstractAsyncContextManager[None]:
        """Nothing to connect and nothing to close."""
        return _lifespan()

    @hookimpl
    def echoes_backend_health(self) -> BackendHealth:
        """Healthy while the process runs."""
        return BackendHealth(self._name, ok=True, detail="in this process", facts={})


@asynccontextmanager
async def _lifespan() -> AsyncIterator[None]:
    yield
