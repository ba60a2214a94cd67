"""What the game does while a backend is away, whichever backend it is: one circuit breaker a backend connection, and a face of each
facility that goes on with what this worker and PostgreSQL know.

`mend` is called again and again; once a backend is back it is told what it missed. Sessions and connections are `game/custody.py`'s to put back,
messages `game/outbox.py`'s to publish.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

from echoes.channels import GLOBAL
from echoes.clock import Clock
from echoes.errors import FacilityError
from echoes.facilities import CachedKind, Facilities, Lease, Session
from echoes.resilience.breaker import Breaker
from echoes.resilience.broadcast import ResilientBroadcast
from echoes.resilience.cache import GuardedCache
from echoes.resilience.lock import ResilientLocks
from echoes.resilience.registry import ResilientRegistry
from echoes.resilience.session import ResilientSessions
from echoes.storage.database import Database

__all__ = ["Breaker", "Resilience"]
FAILURES = 3
"""Failed calls in a row that open a breaker."""
NOBODYS = Lease("probe", 0)
PROBE = CachedKind("probe", "probe:{id}", "string", 1.0, dict)
Ask = Callable[[], Awaitable[Any]]


class Resilience:
    """A worker's five facilities behind breakers. `names` says which backend provides each. Facilities of one backend share a breaker,
    except for the cache, whose connection may be another one. `broadcast` is the one among `facilities`.
    """

    def __init__(self, facilities: Facilities, names: Mapping[str, str], database: Database, clock: Clock, *, patience: float) -> None:
        self.breakers: dict[str, Breaker] = {}
        self._asks: dict[str, Ask] = {}

        def guard(facility: str, ask: Ask) -> Breaker:
            name = f"{names[facility]}:cache" if facility == "cache" else names[facility]
            if name not in self.breakers:
                self.breakers[name] = Breaker(name, clock, failures=FAILURES, patience=patience)
                self._asks[name] = ask
            return self.breakers[name]

        broadcast = guard("broadcast", lambda: facilities.broadcast.position(GLOBAL))
        registry = guard("registry", lambda: facilities.registry.locate(0))
        sessions = guard("session", lambda: facilities.sessions.read(0))
        locks = guard("lock", lambda: facilities.locks.release(NOBODYS))
        self.cache_breaker = guard("cache", lambda: facilities.cache.read(PROBE, "0", generation=0))
        self.broadcast = ResilientBroadcast(facilities.broadcast, broadcast)
        self._registry = ResilientRegistry(facilities.registry, registry)
        self._sessions = ResilientSessions(facilities.sessions, sessions, clock)
        self.facilities = Facilities(
            sessions=self._sessions,
            registry=self._registry,
            cache=GuardedCache(facilities.cache, self.cache_breaker),
            broadcast=self.broadcast,
            locks=ResilientLocks(facilities.locks, locks, database),
        )

    @property
    def unconfirmed(self) -> Collection[int]:
        """Characters claimed while the session store was away: it may know nothing of that, or something else."""
        return self._sessions.unconfirmed

    async def session_of(self, character: int) -> Session | None:
        """A session as the store knows it; raises `FacilityUnavailable` where the facility would answer from what this worker remembers."""
        return await self._sessions.ask(character)

    @property
    def away(self) -> list[str]:
        """The backends that do not answer, each with what it said last."""
        return [f"{breaker.name} does not answer: {breaker.reason}" for breaker in self.breakers.values() if breaker.is_open]

    async def mend(self) -> None:
        """Ask each backend that is away whether it is back, and tell those that are what they missed. To be called twice a second."""
        trials = (partial(breaker.try_again, self._asks[name]) for name, breaker in self.breakers.items())
        await asyncio.gather(*map(_tried, trials))
        await asyncio.gather(_tried(self._registry.mend), _tried(self.broadcast.mend))


async def _tried(work: Ask) -> None:
    """A failure is the breaker's to tell."""
    try:
        await work()
    except FacilityError:
        return
