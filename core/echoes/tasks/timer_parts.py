"""The distribution of timers over workers: 16 parts, each under a lease of the lock facility.

A lease only saves work. The row of a timer makes sure that its effect happens once (`echoes_happen`), for any number of workers and tries.
"""

import math
import random
import time

import structlog

from echoes.concurrency import gather
from echoes.errors import FacilityError, FacilityUnavailable, LeaseLost
from echoes.facilities import Facilities, Lease
from echoes.storage.timers import PARTS

log = structlog.get_logger()
TTL = 6.0
"""Seconds after which another worker may take over the parts of a worker that is gone."""
LOOK = 2.0
"""Seconds between two searches for parts without a worker."""


class TimerParts:
    """The parts that this worker holds. Call `turn` about once a second; `held` are the parts to work until the next call."""

    def __init__(self, facilities: Facilities) -> None:
        self._facilities = facilities
        self._leases: dict[int, tuple[Lease, float]] = {}
        self._next_look = 0.0
        self._known = 0.0
        """When it was last known who else is there."""

    @property
    def held(self) -> list[int]:
        """Parts whose lease has not run out."""
        now = time.monotonic()
        return sorted(part for part, (_, until) in self._leases.items() if until > now)

    async def turn(self) -> dict[int, int]:
        """Renew the held leases, take this worker's share of the free parts, and release those beyond its share.

        Returns the parts that were taken now, each with its fencing token.
        """
        taken: dict[int, int] = {}
        await self._renew()
        if time.monotonic() < self._next_look:
            return taken
        self._next_look = time.monotonic() + LOOK * random.uniform(0.8, 1.2)
        share = await self._share()
        for part in self.held[share:]:
            await self._give_back(part)
        free = [part for part in range(PARTS) if part not in self._leases]
        random.shuffle(free)
        for part in free:
            if len(self._leases) >= share:
                break
            asked = time.monotonic()
            lease = await self._facilities.locks.acquire(f"clock:{part}", ttl=TTL)
            if lease is not None:
                self._leases[part] = lease, asked + TTL
                taken[part] = lease.token
        return taken

    async def _share(self) -> int:
        """How many parts this worker may hold.

        While it is unknown who else is there: those that it has, until the leases of the others have run out, too; then all that are free.
        """
        try:
            workers = [one for one in await self._facilities.registry.workers() if not one.draining]
        except FacilityUnavailable:
            return PARTS if time.monotonic() - self._known > TTL else len(self._leases)
        self._known = time.monotonic()
        return math.ceil(PARTS / max(1, len(workers)))

    async def leave(self) -> None:
        """Release all parts: another worker takes over at once."""
        for part in list(self._leases):
            await self._give_back(part)

    async def _renew(self) -> None:
        """Renew, side by side, the leases of which half has passed."""
        now = time.monotonic()
        held = [part for part, (_, until) in self._leases.items() if now < until]
        self._leases = {part: self._leases[part] for part in held}
        await gather(self._renew_one(part, now) for part in held if self._leases[part][1] - now < TTL / 2)

    async def _renew_one(self, part: int, asked: float) -> None:
        lease, _ = self._leases[part]
        try:
            await self._facilities.locks.renew(lease, ttl=TTL)
        except LeaseLost:
            del self._leases[part]
        except FacilityUnavailable as error:  # it runs out, and is taken again where leases are kept meanwhile
            log.debug("timers.part_not_renewed", part=part, error=str(error))
        else:
            self._leases[part] = lease, asked + TTL

    async def _give_back(self, part: int) -> None:
        lease, _ = self._leases.pop(part)
        try:
            await self._facilities.locks.release(lease)
        except FacilityError as error:
            log.debug("timers.part_not_released", part=part, error=str(error))
