"""Leases while their backend is down: PostgreSQL keeps them."""

from echoes.errors import FacilityUnavailable, LeaseLost, Unavailable
from echoes.facilities import Lease, LockManager
from echoes.storage import leases
from echoes.storage.database import Database


class ResilientLocks:
    """A `LockManager` that takes leases in PostgreSQL when the backend cannot be reached.

    Right after such a change two workers may hold the same name, one lease here and one there. A lease only saves work, as everywhere.
    """

    def __init__(self, inner: LockManager, database: Database) -> None:
        self._inner = inner
        self._database = database
        self._in_postgres: set[Lease] = set()

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
        self._in_postgres.add(lease)
        return lease

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """As `LockManager.renew`, where the lease was taken."""
        if lease not in self._in_postgres:
            await self._inner.renew(lease, ttl=ttl)
        elif not await self._asked(leases.renew(self._database, lease.name, lease.token, ttl)):
            self._in_postgres.discard(lease)
            raise LeaseLost(f"the lease {lease.token} on {lease.name!r} is over")

    async def release(self, lease: Lease) -> bool:
        """As `LockManager.release`, where the lease was taken."""
        if lease not in self._in_postgres:
            return await self._inner.release(lease)
        self._in_postgres.discard(lease)
        return await self._asked(leases.release(self._database, lease.name, lease.token))

    async def _asked(self, question: "leases.Question") -> bool:
        try:
            return await question
        except Unavailable as error:
            raise FacilityUnavailable("PostgreSQL does not answer") from error
