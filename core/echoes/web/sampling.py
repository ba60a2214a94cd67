"""Sampling: gauges that are read every few seconds, and for each request of the metrics."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, cast, get_args

from echoes import metrics
from echoes.caching import Caching
from echoes.concurrency import slices
from echoes.game.outbox import Outbox
from echoes.garbage import count_pauses
from echoes.metrics.counting import channel_class, child
from echoes.storage.database import Database
from echoes.storage.world_lock import WorldLock
from echoes.tasks.timer_parts import TimerParts
from echoes.web.hub import Hub

Status = Literal["ok", "degraded", "unready"]
"""States of a worker that `/health/ready` reports."""
PAUSE = 2.0
"""Seconds between two samplings: as old may be what other workers tell."""
NAP = 0.05
MEMORY = Path("/proc/self/statm")


class Sampler:
    """Brings the gauges of this worker up to date, and the counters that others keep in counts of their own."""

    def __init__(
        self,
        hub: Hub,
        database: Database,
        caching: Caching,
        outbox: Outbox,
        world_lock: WorldLock,
        parts: TimerParts,
        status: Callable[[], Status],
        data_dir: Path,
    ) -> None:
        self._hub = hub
        self._database = database
        self._caching = caching
        self._outbox = outbox
        self._world_lock = world_lock
        self._parts = parts
        self._status = status
        self._data_dir = next((one for one in (data_dir.absolute(), *data_dir.absolute().parents) if one.is_dir()), Path("/"))
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._cpu = 0.0
        _set(metrics.STARTED, time.time())

    async def turn(self) -> None:
        """Measure how late the event loop wakes a sleeping task, then sample."""
        loop = asyncio.get_running_loop()
        due = loop.time() + NAP
        await asyncio.sleep(NAP)
        _set(metrics.LOOP_DELAY_SECONDS, max(0.0, loop.time() - due))
        await self.sample()

    async def sample(self) -> None:
        """Read all gauges once; the only I/O is one line of /proc and one statvfs."""
        await self._clients()
        await self._channels()
        used, idle = self._database.pool()
        _set(metrics.POOL_CONNECTIONS, used, "used")
        _set(metrics.POOL_CONNECTIONS, idle, "idle")
        _set(metrics.OUTBOX_WAITING, self._outbox.waiting)
        _set(metrics.WORLD_LOCK, self._world_lock.held)
        now = self._status()
        for status in get_args(Status):
            _set(metrics.READINESS, status == now, status)
        _set(metrics.TIMER_PARTS, len(self._parts.held))
        self._cache()
        count_pauses()
        metrics.DATA_FOLDER_FREE_BYTES.set(self._free())
        self._memory()
        self._processor()

    def _processor(self) -> None:
        used = time.process_time()
        child(metrics.CPU_SECONDS, metrics.WORKER).inc(used - self._cpu)
        self._cpu = used

    def _memory(self) -> None:
        if MEMORY.exists():
            _set(metrics.MEMORY_BYTES, int(MEMORY.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE"))

    def _free(self) -> int:
        try:
            found = os.statvfs(self._data_dir)
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize

    async def _clients(self) -> None:
        unsent: list[int] = []
        async for some in slices(list(self._hub.seats.values())):
            unsent += [seat.writer.unsent for seat in some]
        _set(metrics.PLAYERS, len(unsent))
        _set(metrics.UNSENT_BYTES, sum(unsent))
        _set(metrics.LARGEST_UNSENT_BYTES, max(unsent, default=0))

    async def _channels(self) -> None:
        feeds: Counter[str] = Counter(dict.fromkeys(("global", "location", "player"), 0))
        listeners: Counter[str] = Counter()
        async for some in slices(list(self._hub.feeds)):
            for feed in some:
                sort = channel_class(feed.channel)
                feeds[sort] += 1
                listeners[sort] += feed.listeners
        for sort, number in feeds.items():
            _set(metrics.FEEDS, number, sort)
            _set(metrics.SUBSCRIBERS, listeners[sort], sort)

    def _cache(self) -> None:
        """`Caching.counts` has (kind, result) or (kind, result, arm); what was added since the last time is added here."""
        counts = cast("Mapping[tuple[str, ...], int]", self._caching.counts)
        for key, number in counts.items():
            kind, result = key[:2]
            arm = key[2] if len(key) > 2 else "database" if result == "bypass" else "cache"
            child(metrics.CACHE_READS, kind, result, arm).inc(number - self._seen[key])
            self._seen[key] = number
        for kind, number in self._caching.evicted.items():
            child(metrics.CACHE_EVICTIONS, kind).inc(number - self._seen[kind,])
            self._seen[kind,] = number


def _set(gauge: object, value: float, *labels: str) -> None:
    child(gauge, metrics.WORKER, *labels).set(value)
