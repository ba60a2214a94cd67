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

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from echoes.testing.broadcast_contract import BroadcastContract
    from echoes.testing.cache_contract import CacheContract
    from echoes.testing.collector import Collector
    from echoes.testing.lock_contract import LockManagerContract
    from echoes.testing.registry_contract import RegistryContract
    from echoes.testing.session_contract import SessionStoreContract

__all__ = [
    "BroadcastContract",
    "CacheContract",
    "Collector",
    "LockManagerContract",
    "RegistryContract",
    "SessionStoreContract",
]
MODULES = {
    "BroadcastContract": "broadcast_contract",
    "CacheContract": "cache_contract",
    "Collector": "collector",
    "LockManagerContract": "lock_contract",
    "RegistryContract": "registry_contract",
    "SessionStoreContract": "session_contract",
}
"""Where the suites are. They need pytest, so they are imported when they are asked for: the bots of `echoes bots` run without it."""

if pytest := sys.modules.get("pytest"):  # asserts then show both sides
    pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in (*MODULES.values(), "subscription_contract")))


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
