"""What the game does while a backend is away, whichever backend it is: one circuit breaker a backend connection, and a face of each
facility that goes on with what this worker and PostgreSQL know.

`resync` is called again and again; once a backend is back it is told what it missed. Sessions and connections are `game/reconciler.py`'s to put back,
messages `game/outbox.py`'s to publish.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from echoes.clock import Clock
from echoes.errors import FacilityError, FacilityFull
from echoes.facilities import Broadcast, Cache, CachedKind, Entry, Facilities, LockManager, Registry, Session, SessionStore
from echoes.resilience.breaker import Breaker
from echoes.resilience.broadcast import PROBE, ResilientBroadcast
from echoes.resilience.guarded import guarded, trusted
from echoes.resilience.lock import ResilientLocks
from echoes.resilience.registry import ResilientRegistry
from echoes.resilience.session import ResilientSessions
from echoes.storage.database import Database

__all__ = ["Breaker", "Resilience"]
FAILURES = 3
"""Failed calls in a row that open a breaker."""
PROBE_KIND = CachedKind(PROBE, "probe:{id}", "string", 1.0, dict)
"""What trials write to the cache; `PROBE` is also the name of their channel, worker and lease."""
PROBE_SECONDS = 1.0
T = TypeVar("T")
Ask = Callable[[], Awaitable[Any]]


class Resilience:
    """A worker's five facilities behind breakers. `names` says which backend provides each. Facilities of one backend share a breaker,
    except for the cache, whose connection may be another one. `broadcast` is the one among `facilities`.
    """

    def __init__(self, facilities: Facilities, names: Mapping[str, str], database: Database, clock: Clock, *, patience: float) -> None:
        self.breakers: dict[str, Breaker] = {}
        self._asks: dict[str, list[Ask]] = {}

        def breaker_of(facility: str) -> Breaker:
            name = f"{names[facility]}:cache" if facility == "cache" else names[facility]
            return self.breakers.setdefault(name, Breaker(name, clock, failures=FAILURES, patience=patience))

        def guard(facility: str, protocol: type, inner: T, ask: Callable[[T], Awaitable[Any]]) -> T:
            breaker = breaker_of(facility)
            sound = trusted(facility, protocol, inner, breaker)
            self._asks.setdefault(breaker.name, []).append(lambda: ask(sound))
            return guarded(facility, protocol, sound, breaker)

        # A trial does what is going to be done: it writes. Else a backend that answers and refuses writes is taken for well, again and again.
        broadcast = guard("broadcast", Broadcast, facilities.broadcast, lambda it: it.publish(PROBE, b"{}"))
        registry = guard("registry", Registry, facilities.registry, lambda it: it.retire(PROBE))
        sessions = guard("session", SessionStore, facilities.sessions, lambda it: it.read(0))
        locks = guard("lock", LockManager, facilities.locks, lambda it: it.acquire(PROBE, ttl=PROBE_SECONDS))
        cache = guard("cache", Cache, facilities.cache, lambda it: it.write(PROBE_KIND, "0", Entry(0, b"{}"), generation=0))
        self.cache_breaker = breaker_of("cache")
        self.broadcast = ResilientBroadcast(broadcast, breaker_of("broadcast"))
        self._registry = ResilientRegistry(registry)
        self._sessions = ResilientSessions(sessions, clock)
        self.facilities = Facilities(self._sessions, self._registry, cache, self.broadcast, ResilientLocks(locks, database))

    @property
    def unconfirmed(self) -> Collection[int]:
        """Characters claimed while the session store was away: it may know nothing of that, or something else."""
        return self._sessions.unconfirmed

    async def session_of(self, character: int) -> Session | None:
        """A session as the store knows it; raises `FacilityUnavailable` where the facility would answer from what this worker remembers."""
        return await self._sessions.ask(character)

    @property
    def away(self) -> list[str]:
        """What is wrong with the backends: those that do not answer, have no room, or have faults, each with what it said last."""
        return [ailment for breaker in self.breakers.values() for ailment in breaker.ailments]

    async def resync(self) -> None:
        """Ask each backend that is away whether it is back, and tell those that are what they missed. To be called twice a second."""
        await asyncio.gather(*(_tried(partial(breaker.try_again, partial(self._trial, name))) for name, breaker in self.breakers.items()))
        await asyncio.gather(_tried(self._registry.resync), _tried(self.broadcast.resync))

    async def _trial(self, name: str) -> None:
        """Ask every facility behind a breaker. That one has no room is told when all have answered."""
        full: FacilityFull | None = None
        for ask in self._asks[name]:
            try:
                await ask()
            except FacilityFull as error:
                full = error
        if full is not None:
            raise full


async def _tried(work: Ask) -> None:
    """A failure is the breaker's to tell."""
    try:
        await work()
    except FacilityError:
        return
