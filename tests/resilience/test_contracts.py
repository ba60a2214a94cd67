"""Behind its breakers a backend keeps every promise that it keeps alone."""

import pytest
from echoes.testing import BroadcastContract, CacheContract, LockManagerContract, RegistryContract, SessionStoreContract


class Behind:
    """Behind breakers, on a clock that a test turns."""

    @pytest.fixture
    def advance(self, clock):
        return clock.advance


class TestSession(Behind, SessionStoreContract):
    @pytest.fixture
    def store(self, resilience):
        return resilience.facilities.sessions


class TestRegistry(Behind, RegistryContract):
    @pytest.fixture
    def store(self, resilience):
        return resilience.facilities.registry


class TestCache(Behind, CacheContract):
    @pytest.fixture
    def store(self, resilience):
        return resilience.facilities.cache


class TestBroadcast(Behind, BroadcastContract):
    @pytest.fixture
    def store(self, resilience):
        return resilience.facilities.broadcast


class TestLock(Behind, LockManagerContract):
    @pytest.fixture
    def store(self, resilience):
        return resilience.facilities.locks
