"""The workers of the cluster: this one sends heartbeats, learns which workers drain and leave, and lets the reconciler reap those with an
expired lease.
"""

import asyncio
import math
import socket
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import structlog
from msgspec import Struct

from echoes.channels import WORKERS
from echoes.clock import Clock
from echoes.errors import FacilityError
from echoes.facilities import Facilities, Gap, Message, WorkerInfo

log = structlog.get_logger()
REMEMBERED = 256
"""Most workers remembered as leaving; the oldest are dropped first."""


class WorkerEvent(Struct, frozen=True):
    """The event that workers send each other on `game:workers`."""

    type: str
    """worker_join, worker_drain, worker_leave"""
    worker_id: str
    timestamp: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(WorkerEvent).decode


class Membership:
    """Announces a worker while it runs; `report` adds its figures of the moment to each heartbeat. `left` is set when another worker announces that it leaves: its players can be served at once."""

    def __init__(
        self, facilities: Facilities, clock: Clock, *, worker_id: str, pid: int, ttl: float, report: Callable[[WorkerInfo], WorkerInfo]
    ) -> None:
        self._facilities = facilities
        self._clock = clock
        self._ttl = ttl
        self._report = report
        self._info = WorkerInfo(worker_id=worker_id, started=clock.time(), host=socket.gethostname(), pid=pid)
        self._heard = -math.inf
        self._steady_from = math.inf
        self.reported = self._info
        """The last report of this worker, also one that the registry did not get."""
        self.left = asyncio.Event()
        self._leaving: deque[str] = deque(maxlen=REMEMBERED)

    @property
    def worker_id(self) -> str:
        """Unique in the cluster, and never used again."""
        return self._info.worker_id

    def is_leaving(self, worker: str) -> bool:
        """Whether another worker has announced that it leaves: the end of its lease is no death."""
        return worker in self._leaving

    @property
    def draining(self) -> bool:
        """Whether this worker is about to leave."""
        return self._info.draining

    @property
    def steady(self) -> bool:
        """Whether the store has answered every heartbeat for the length of a lease.

        Only then does an expired lease say something about its worker. After an outage of the store, or a stall of this worker, all other
        workers may be about to renew theirs.
        """
        return self._clock.monotonic() >= self._steady_from

    async def heartbeat(self) -> None:
        """Renew this worker's lease."""
        before = self._clock.monotonic()
        if before - self._heard > self._ttl:
            self._steady_from = before + self._ttl
        self.reported = self._report(self._info)
        try:
            await self._facilities.registry.heartbeat(self.reported, self._ttl)
        except FacilityError:
            self._heard, self._steady_from = -math.inf, math.inf
            raise
        self._heard = self._clock.monotonic()

    async def listen(self) -> None:
        """Receive the events of other workers."""
        await self._facilities.broadcast.subscribe(WORKERS, self._receive)

    async def join(self) -> None:
        """Announce that this worker takes players."""
        await self._announce("worker_join")

    async def begin_to_leave(self) -> None:
        """Announce that this worker takes no more players."""
        self._info = msgspec.structs.replace(self._info, draining=True)
        await self._announce("worker_drain")
        try:
            await self.heartbeat()
        except FacilityError as error:
            log.warning("membership.not_announced", change="worker_drain", error=str(error))

    async def leave(self) -> None:
        """End the lease and announce it. Another worker reaps the remaining connections."""
        try:
            await self._facilities.registry.retire(self.worker_id)
        except FacilityError as error:
            log.warning("membership.not_announced", change="retired", error=str(error))
        await self._announce("worker_leave")

    async def _announce(self, type: str) -> None:  # noqa: A002
        event = WorkerEvent(type, self.worker_id, datetime.now(UTC).isoformat(timespec="milliseconds"))
        try:
            await self._facilities.broadcast.publish(WORKERS, _encode(event), key=f"{type}:{self.worker_id}")
        except FacilityError as error:
            log.warning("membership.not_announced", change=type, error=str(error))

    def _receive(self, item: Message | Gap) -> None:
        if isinstance(item, Gap):
            return  # leases show the same, a little later
        try:
            event = _decode(item.payload)
        except msgspec.MsgspecError as error:
            log.warning("message.malformed", channel=item.channel, offset=item.position.offset, error=str(error))
            return
        if event.worker_id != self.worker_id:
            log.info("worker.heard", change=event.type, other=event.worker_id)
            if event.type in {"worker_drain", "worker_leave"} and event.worker_id not in self._leaving:
                self._leaving.append(event.worker_id)
            if event.type == "worker_leave":
                self.left.set()
