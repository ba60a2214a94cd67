"""Lock manager: leases with fencing tokens."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from msgspec import Struct

from echoes.errors import FacilityError, LeaseLost


class Lease(Struct, frozen=True):
    """A name held for limited time. `token` grows with every acquisition of the name, also over a wiped store."""

    name: str
    token: int


class LockManager(Protocol):
    """Leases. A lock only saves work: a row in PostgreSQL makes sure that an effect happens once."""

    async def acquire(self, name: str, *, ttl: float, wait: float = 0) -> Lease | None:
        """Take the name for `ttl` seconds. None when another holder keeps it for all of `wait` seconds.

        The token is max(the last token of this name + 1, microseconds since 1970 by the store's clock).
        """
        ...

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """Renew the lease for `ttl` seconds from now. Raises `LeaseLost` when it has expired or another holder has it."""
        ...

    async def release(self, lease: Lease) -> bool:
        """Release the lease. False, and no change, when this holder had lost it."""
        ...


@asynccontextmanager
async def hold(locks: LockManager, name: str, *, ttl: float = 10.0, wait: float = 0) -> AsyncIterator[Lease | None]:
    """Run the body under a lease that is renewed every third of `ttl`; yields None when the name is taken.

    A lease is lost when another holder has it, or when it was not renewed for `ttl` seconds because the store is out of reach. Then the
    body is cancelled and `LeaseLost` is raised from here. Every other error of the body, and a cancellation from outside, pass through
    unchanged. A lease that cannot be released expires by itself.
    """
    asked = time.monotonic()
    lease = await locks.acquire(name, ttl=ttl, wait=wait)
    if lease is None:
        yield None
        return
    body = asyncio.current_task()
    if body is None:
        raise RuntimeError("hold() belongs into a task")
    cancelled_before = body.cancelling()
    lost: Exception | None = None

    async def keep() -> None:
        nonlocal lost
        lost = await _renew_until_lost(locks, lease, ttl, held_until=(asked if wait <= 0 else time.monotonic()) + ttl)
        body.cancel()

    keeper = asyncio.create_task(keep(), name=f"lease:{name}")
    try:
        yield lease
    except asyncio.CancelledError:
        if lost is None or body.cancelling() > cancelled_before + 1:
            raise
    finally:
        keeper.cancel()
        if lost is not None:
            body.uncancel()
        else:
            with suppress(FacilityError):
                await locks.release(lease)
    if lost is not None:
        raise LeaseLost(f"the lease on {name!r} was lost") from lost


async def _renew_until_lost(locks: LockManager, lease: Lease, ttl: float, *, held_until: float) -> Exception:
    """Renew every third of `ttl` and return the error that ended it. `held_until` (monotonic) is when the lease expires without renewal."""
    while True:
        await asyncio.sleep(max(0.0, min(ttl / 3, held_until - time.monotonic())))
        asked = time.monotonic()
        try:
            async with asyncio.timeout(held_until - asked):
                await locks.renew(lease, ttl=ttl)
            held_until = asked + ttl
        except LeaseLost as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever keeps us from renewing, the lease runs out
            if time.monotonic() >= held_until:
                return error
