"""Behind its breakers a backend keeps every promise that it keeps alone."""

import pytest
from echoes.plugins import Selection, load
from echoes.resilience import Resilience
from echoes.testing import BroadcastContract, CacheContract, LockManagerContract, RegistryContract, SessionStoreContract


class Behind:
    """Behind breakers, on a clock that a test turns. A store that has lost everything is a fresh one, behind breakers again."""

    facility: str

    @pytest.fixture
    def store(self, resilience):
        return getattr(resilience.facilities, self.facility)

    @pytest.fixture
    def advance(self, clock):
        return clock.advance

    @pytest.fixture
    def forget(self, clock):
        async def crash():
            backends = load(Selection.all("memory", extensions=False), environ={}, clock=clock)
            return getattr(Resilience(backends.facilities, backends.names, None, clock, patience=5.0).facilities, self.facility)

        return crash


class TestSession(Behind, SessionStoreContract):
    facility = "sessions"


class TestRegistry(Behind, RegistryContract):
    facility = "registry"


class TestCache(Behind, CacheContract):
    facility = "cache"


class TestBroadcast(Behind, BroadcastContract):
    facility = "broadcast"


class TestLock(Behind, LockManagerContract):
    facility = "locks"
