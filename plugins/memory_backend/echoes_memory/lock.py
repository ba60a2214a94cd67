"""Leases in one process: first come, first served."""

import asyncio
import math
from collections import deque

from echoes.clock import Clock
from echoes.errors import LeaseLost
from echoes.facilities.lock import Lease

from echoes_memory.expiry import Expiry, Tokens


class _Held:
    __slots__ = ("expires", "token")

    def __init__(self, token: int, expires: float) -> None:
        self.token = token
        self.expires = expires


class MemoryLocks:
    """`LockManager` for one worker. Waiters get a name in the order in which they asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._queues: dict[str, deque[asyncio.Event]] = {}
        self._tokens = Tokens(clock)
        self._expiry = Expiry[str](self._deadline, self._forget)

    async def acquire(self, name: str, *, ttl: float, wait: float = 0) -> Lease | None:
        """Take the name; see `LockManager.acquire`."""
        now = self._clock.monotonic()
        self._expiry.sweep(now)
        if name not in self._queues and self._free(name, now):
            return self._grant(name, ttl)
        return await self._queue_up(name, ttl, now + wait) if wait > 0 else None

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """Renew the lease; see `LockManager.renew`."""
        now = self._clock.monotonic()
        held = self._held.get(lease.name)
        if held is None or held.token != lease.token or held.expires <= now:
            raise LeaseLost(f"the lease {lease.token} on {lease.name!r} is over")
        held.expires = now + ttl
        self._expiry.watch(lease.name, held.expires)

    async def release(self, lease: Lease) -> bool:
        """Release the lease; see `LockManager.release`."""
        held = self._held.get(lease.name)
        if held is None or held.token != lease.token or held.expires <= self._clock.monotonic():
            return False
        self._forget(lease.name)
        self._wake(lease.name)
        return True

    async def _queue_up(self, name: str, ttl: float, deadline: float) -> Lease | None:
        """Wait in the queue. Only the waiter itself takes the lease, so a cancelled waiter never holds it."""
        queue = self._queues.setdefault(name, deque())
        turn = asyncio.Event()
        queue.append(turn)
        try:
            while True:
                now = self._clock.monotonic()
                first = queue[0] is turn
                if first and self._free(name, now):
                    return self._grant(name, ttl)
                if now >= deadline:
                    return None
                expires = self._held[name].expires if first else math.inf
                await self._pause(turn, min(deadline, expires) - now)
        finally:
            queue.remove(turn)
            if not queue:
                del self._queues[name]
            self._wake(name)

    async def _pause(self, turn: asyncio.Event, seconds: float) -> None:
        """Return when it may be this waiter's turn, at the latest after `seconds` on the injected clock."""
        turn.clear()

        async def ring() -> None:
            await self._clock.sleep(seconds)
            turn.set()

        alarm = asyncio.create_task(ring(), name="lock:alarm")
        try:
            await turn.wait()
        finally:
            alarm.cancel()

    def _wake(self, name: str) -> None:
        queue = self._queues.get(name)
        if queue:
            queue[0].set()

    def _free(self, name: str, now: float) -> bool:
        held = self._held.get(name)
        return held is None or held.expires <= now

    def _grant(self, name: str, ttl: float) -> Lease:
        former = self._held.get(name)
        token = self._tokens.after(former.token if former else None)
        held = self._held[name] = _Held(token, self._clock.monotonic() + ttl)
        self._expiry.watch(name, held.expires)
        return Lease(name, token)

    def _deadline(self, name: str) -> float | None:
        held = self._held.get(name)
        return held.expires if held else None

    def _forget(self, name: str) -> None:
        self._tokens.forget(self._held.pop(name).token)
