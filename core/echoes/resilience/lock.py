"""Leases while their backend is down: PostgreSQL keeps them."""

from contextlib import suppress

from echoes.errors import FacilityUnavailable, LeaseLost, Unavailable
from echoes.facilities import Lease, LockManager
from echoes.storage import leases
from echoes.storage.database import Database


class ResilientLocks:
    """A `LockManager` that takes leases in PostgreSQL when the backend cannot be reached.

    Right after such a change two workers may hold the same name, one lease here and one there. A lease only saves work, as everywhere.
    With its first renewal after the backend is back, a lease moves there, or is lost to the holder that the name has there.
    """

    def __init__(self, inner: LockManager, database: Database) -> None:
        self._inner = inner
        self._database = database
        self._in_postgres: dict[str, Lease] = {}
        """By name, so that a lease that ran out without a release makes room for the next one."""
        self._moved: dict[str, tuple[Lease, Lease]] = {}
        """By name, a lease that was taken in PostgreSQL, and the one that the backend has given for it since."""

    async def acquire(self, name: str, *, ttl: float, wait: float = 0) -> Lease | None:
        """As `LockManager.acquire`. Without the backend it does not wait."""
        try:
            return await self._inner.acquire(name, ttl=ttl, wait=wait)
        except FacilityUnavailable as away:
            try:
                token = await leases.acquire(self._database, name, ttl)
            except Unavailable:
                raise away from None
        if token is None:
            return None
        lease = Lease(name, token)
        self._in_postgres[name] = lease
        return lease

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """As `LockManager.renew`."""
        if self._is_in_postgres(lease):
            await self._renew_or_move(lease, ttl)
            return
        try:
            await self._inner.renew(self._there(lease), ttl=ttl)
        except LeaseLost:
            self._forget(lease)
            raise

    async def _renew_or_move(self, lease: Lease, ttl: float) -> None:
        try:
            there = await self._inner.acquire(lease.name, ttl=ttl)
        except FacilityUnavailable:
            if not await self._asked(leases.renew(self._database, lease.name, lease.token, ttl)):
                self._forget(lease)
                raise LeaseLost(f"the lease {lease.token} on {lease.name!r} is over") from None
            return
        self._forget(lease)
        with suppress(Unavailable):  # it runs out by itself
            await leases.release(self._database, lease.name, lease.token)
        if there is None:
            raise LeaseLost(f"another holder has {lease.name!r} since the backend is back")
        self._moved[lease.name] = lease, there

    async def release(self, lease: Lease) -> bool:
        """As `LockManager.release`."""
        is_in_postgres, there = self._is_in_postgres(lease), self._there(lease)
        self._forget(lease)
        if not is_in_postgres:
            return await self._inner.release(there)
        return await self._asked(leases.release(self._database, lease.name, lease.token))

    def _is_in_postgres(self, lease: Lease) -> bool:
        return self._in_postgres.get(lease.name) == lease

    def _there(self, lease: Lease) -> Lease:
        """The lease as the backend knows it."""
        former, there = self._moved.get(lease.name, (lease, lease))
        return there if former == lease else lease

    def _forget(self, lease: Lease) -> None:
        if self._is_in_postgres(lease):
            del self._in_postgres[lease.name]
        if lease.name in self._moved and self._moved[lease.name][0] == lease:
            del self._moved[lease.name]

    async def _asked(self, question: "leases.Question") -> bool:
        try:
            return await question
        except Unavailable as error:
            raise FacilityUnavailable("PostgreSQL does not answer") from error
