"""Keep the game running while a backend is down: one circuit breaker per backend connection, and a wrapper of each facility that falls back on
this worker's memory and PostgreSQL.

The worker calls `resync` repeatedly. Once a backend is back, `resync` sends it the changes that it missed. `game/reconciler.py` restores
sessions and connections; `game/outbox.py` publishes messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from echoes.clock import Clock
from echoes.errors import FacilityError, FacilityFull, FacilityUnavailable
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
"""The kind that trials write to the cache. `PROBE` is also the name of their channel, worker and lease."""
PROBE_SECONDS = 1.0
SETTLING = 10.0
"""Seconds for which a session store that is back may lack sessions that workers began while it was away."""
T = TypeVar("T")
Ask = Callable[[], Awaitable[Any]]


class Resilience:
    """A worker's five facilities behind circuit breakers. `names` names the backend of each.

    Facilities of one backend share a breaker, except for the cache, which may use another connection. `broadcast` is the one among
    `facilities`.
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

        # A trial writes, as ordinary calls do. Else a backend that answers reads and refuses writes would count as healthy again and again.
        broadcast = guard("broadcast", Broadcast, facilities.broadcast, lambda it: it.publish(PROBE, b"{}"))
        registry = guard("registry", Registry, facilities.registry, lambda it: it.retire(PROBE))
        sessions = guard("session", SessionStore, facilities.sessions, lambda it: it.read(0))
        locks = guard("lock", LockManager, facilities.locks, lambda it: it.acquire(PROBE, ttl=PROBE_SECONDS))
        cache = guard("cache", Cache, facilities.cache, lambda it: it.write(PROBE_KIND, "0", Entry(0, b"{}"), generation=0))
        self.cache_breaker, self._session_breaker = breaker_of("cache"), breaker_of("session")
        self.broadcast = ResilientBroadcast(broadcast, breaker_of("broadcast"))
        self._registry = ResilientRegistry(registry)
        self._sessions = ResilientSessions(sessions, clock)
        self.facilities = Facilities(self._sessions, self._registry, cache, self.broadcast, ResilientLocks(locks, database))

    @property
    def unconfirmed(self) -> Collection[int]:
        """Characters claimed while the session store was down: the store may lack the claim, or have another one."""
        return self._sessions.unconfirmed

    async def session_of(self, character: int) -> Session | None:
        """Return a session as the store has it. Raises `FacilityUnavailable` where the facility would answer from this worker's memory.

        It does so, too, for a session that the store may lack, since it has been back for less than `SETTLING` seconds.
        """
        session = await self._sessions.ask(character)
        if session is None and self._session_breaker.closed_for < SETTLING:
            raise FacilityUnavailable("the session store is back, and workers have yet to enter their players there")
        return session

    @property
    def away(self) -> list[str]:
        """List the problems of the backends: those that do not answer, have no room, or have faults, each with its last error."""
        return [ailment for breaker in self.breakers.values() for ailment in breaker.ailments]

    async def resync(self) -> None:
        """Probe each backend that is down, and send those that are back the changes that they missed. To be called twice a second."""
        away = [name for name, breaker in self.breakers.items() if breaker.is_open or breaker.full]
        if away:
            await asyncio.gather(*(_tried(partial(self.breakers[name].try_again, partial(self._trial, name))) for name in away))
        await _tried(self._registry.resync)
        await _tried(self.broadcast.resync)

    async def _trial(self, name: str) -> None:
        """Probe every facility behind a breaker. That one has no room is reported when all have answered."""
        full: FacilityFull | None = None
        for ask in self._asks[name]:
            try:
                await ask()
            except FacilityFull as error:
                full = error
        if full is not None:
            raise full


async def _tried(work: Ask) -> None:
    """Ignore a failure: the breaker reports it."""
    try:
        await work()
    except FacilityError:
        return
