"""The contract suites: every promise of the five facilities as a test that a backend can run.

Subclass a contract, override its fixtures, run pytest:

    class TestRedisSessions(SessionStoreContract):
        @pytest.fixture
        def store(self, redis): ...      # the first worker's view
        @pytest.fixture
        def other(self, redis): ...      # a second worker's view of the same world
        @pytest.fixture
        def advance(self, clock): ...    # async callable: let a number of seconds pass for the store
        @pytest.fixture
        def forget(self, redis): ...     # async callable: lose all data as a crash would; returns the store to continue with

`other` defaults to `store` (a backend for one worker), `forget` to None (laws about a wiped store are skipped). Each test gets an empty
store. Read the suites as the facilities' manual: a law is a test, its docstring the sentence.

Beside the suites, `client` and `http_client` are a client of the game for tests and for load.
"""

import pytest

pytest.register_assert_rewrite(
    *(f"echoes.testing.{name}" for name in (
        "broadcast_contract", "cache_contract", "collector", "lock_contract", "registry_contract", "session_contract",
        "subscription_contract",
    ))
)  # fmt: skip

from echoes.testing.broadcast_contract import BroadcastContract  # noqa: E402 - after the registration, so that asserts speak
from echoes.testing.cache_contract import CacheContract  # noqa: E402
from echoes.testing.collector import Collector  # noqa: E402
from echoes.testing.lock_contract import LockManagerContract  # noqa: E402
from echoes.testing.registry_contract import RegistryContract  # noqa: E402
from echoes.testing.session_contract import SessionStoreContract  # noqa: E402

__all__ = [
    "BroadcastContract",
    "CacheContract",
    "Collector",
    "LockManagerContract",
    "RegistryContract",
    "SessionStoreContract",
]
