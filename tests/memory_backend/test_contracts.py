"""The memory backend keeps every promise of the five facilities. A crash of it is the end of its process: a fresh store."""

import pytest
from echoes.clock import Advance, ManualClock
from echoes.testing import BroadcastContract, CacheContract, LockManagerContract, RegistryContract, SessionStoreContract
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.cache import MemoryCache
from echoes_memory.lock import MemoryLocks
from echoes_memory.registry import MemoryRegistry
from echoes_memory.session import MemorySessions


class InMemory:
    """Every test gets a store of its own on a clock of its own."""

    make: type

    @pytest.fixture
    def store(self, clock: ManualClock):
        return self.make(clock)

    @pytest.fixture
    def advance(self, clock: ManualClock) -> Advance:
        return clock.advance

    @pytest.fixture
    def forget(self, clock: ManualClock):
        async def crash():
            return self.make(clock)

        return crash


class TestMemorySessions(InMemory, SessionStoreContract):
    make = MemorySessions


class TestMemoryRegistry(InMemory, RegistryContract):
    make = MemoryRegistry


class TestMemoryCache(InMemory, CacheContract):
    make = MemoryCache


class TestMemoryBroadcast(InMemory, BroadcastContract):
    make = MemoryBroadcast


class TestMemoryLocks(InMemory, LockManagerContract):
    make = MemoryLocks
