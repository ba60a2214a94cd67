"""Leases: a string that expires, and beside it the last token, which outlives it."""

import asyncio
import random
import time
import weakref
from typing import Any

from echoes.errors import FacilityError, LeaseLost
from echoes.facilities.lock import Lease

from echoes_redis.driver import Driver
from echoes_redis.durations import milliseconds
from echoes_redis.keys import Keys
from echoes_redis.script import Script

ACQUIRE = Script("lock_acquire")
RENEW = Script("lock_renew")
RELEASE = Script("lock_release")
SCRIPTS = (ACQUIRE, RENEW, RELEASE)

POLL_SECONDS = (0.02, 0.25)
"""Seconds between two reads of a taken name: the first, growing to the last. Half of it is random, so that no worker is preferred."""
TOKEN_SECONDS = 86_400.0
"""Seconds for which a name's last token is kept. Afterwards the clock alone keeps tokens growing."""


class RedisLocks:
    """`LockManager` for any number of workers.

    Waiters of one worker queue up, and only the first of them polls Redis. Between workers chance decides.
    """

    def __init__(self, driver: Driver, keys: Keys) -> None:
        self._driver = driver
        self._keys = keys
        self._queues: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._undoing: set[asyncio.Task[None]] = set()
        driver.prepare(*SCRIPTS)

    async def acquire(self, name: str, *, ttl: float, wait: float = 0) -> Lease | None:
        """Take the name; see `LockManager.acquire`."""
        lease, _, now = await self._attempt(name, ttl)
        if lease is not None or wait <= 0:
            return lease
        queue = self._queues.setdefault(name, asyncio.Lock())
        patience = _Patience(wait, now)
        try:
            async with asyncio.timeout(wait):
                await queue.acquire()
        except TimeoutError:
            return None
        try:
            return await self._poll(name, ttl, patience)
        finally:
            queue.release()

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """Renew the lease; see `LockManager.renew`."""
        if not await self._driver.run(RENEW, [self._keys.lock(lease.name)], [lease.token, milliseconds(ttl)]):
            raise LeaseLost(f"the lease {lease.token} on {lease.name!r} is over")

    async def release(self, lease: Lease) -> bool:
        """Release the lease; see `LockManager.release`."""
        return bool(await self._driver.run(RELEASE, [self._keys.lock(lease.name)], [lease.token]))

    async def _poll(self, name: str, ttl: float, patience: "_Patience") -> Lease | None:
        """Poll until the lease is taken or the patience has ended."""
        pause = POLL_SECONDS[0]
        while True:
            lease, left, now = await self._attempt(name, ttl)
            if lease is not None or patience.is_over(now):
                return lease
            await asyncio.sleep(min(left + 0.001, patience.left(now), pause * random.uniform(0.5, 1)))
            pause = min(pause * 1.5, POLL_SECONDS[1])

    async def _attempt(self, name: str, ttl: float) -> tuple[Lease | None, float, float]:
        """Make one attempt: the lease or None, seconds for which another holder may keep it, and the store's time.

        When it is cancelled while the reply is pending, it waits for the reply and releases the lease: no lease stays taken without a
        holder.
        """
        keys = [self._keys.lock(name), self._keys.token(name)]
        args = [milliseconds(ttl), milliseconds(TOKEN_SECONDS)]
        asked = asyncio.create_task(self._driver.run(ACQUIRE, keys, args), name=f"lock:ask:{name}")
        try:
            granted, number, now = await asyncio.shield(asked)
        except asyncio.CancelledError:
            undoing = asyncio.create_task(self._undo(name, asked), name=f"lock:undo:{name}")
            self._undoing.add(undoing)
            undoing.add_done_callback(self._undoing.discard)
            await asyncio.shield(undoing)
            raise
        return (Lease(name, int(number)), 0.0, float(now)) if granted else (None, int(number) / 1000, float(now))

    async def _undo(self, name: str, asked: "asyncio.Task[Any]") -> None:
        """Release a lease that was granted to a cancelled waiter. Out of reach, it expires by itself."""
        try:
            granted, number, _ = await asked
            if granted:
                await self.release(Lease(name, int(number)))
        except FacilityError:
            return


class _Patience:
    """How long a waiter waits, by the store's clock and by its own: the first to end counts."""

    def __init__(self, wait: float, now: float) -> None:
        self._deadline = now + wait
        self._local_deadline = time.monotonic() + wait

    def left(self, now: float) -> float:
        """Seconds left; `now` is the store's time."""
        return max(0.0, min(self._deadline - now, self._local_deadline - time.monotonic()))

    def is_over(self, now: float) -> bool:
        """Whether no time is left."""
        return self.left(now) <= 0
