"""The world lock: two worlds never write to one database (DESIGN 3).

A one-worker server holds an advisory lock exclusively; the workers of a many-worker server share it. It is *tried* once a
second on a connection of its own, never waited for: a waiting exclusive request would block new shared ones.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog

from echoes.errors import Unavailable
from echoes.storage.database import OUT_OF_REACH

log = structlog.get_logger()
WORLD = 0x4543484F  # "ECHO"
KEEPALIVE = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}


class WorldLock:
    """Whether this worker may write. `waiting_for` says, while it may not, for whom it waits.

    `on_taken` is run each time the lock was taken, before anything else may write: another world may have written meanwhile.
    `on_poll` is run every `interval` seconds while it is held, on the connection that holds it; what it raises loses the lock.
    """

    def __init__(
        self, url: str, *, shared: bool, worker_id: str, on_taken: Callable[[], Awaitable[None]] | None = None,
        on_poll: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[Any]] | None" = None, interval: float = 1.0,
    ) -> None:  # fmt: skip
        self._url = url
        self._sql = f"select pg_try_advisory_lock{'_shared' if shared else ''}($1)"
        self._name = f"echoes world {worker_id}"
        self._interval = interval
        self._on_taken = on_taken
        self._on_poll = on_poll or (lambda connection: connection.fetchval("select 1"))
        self._held = asyncio.Event()
        self.waiting_for = "PostgreSQL"

    @property
    def held(self) -> bool:
        """True while this worker may write."""
        return self._held.is_set()

    async def required(self, patience: float = 5.0) -> None:
        """Return once the lock is held; raises `Unavailable` after `patience` seconds."""
        if self._held.is_set():
            return
        try:
            async with asyncio.timeout(patience):
                await self._held.wait()
        except TimeoutError as error:
            raise Unavailable from error

    async def keep(self) -> None:
        """Hold the lock for as long as this runs: take it, watch its connection, take it again."""
        while True:
            try:
                await self._hold_once()
            except (*OUT_OF_REACH, asyncpg.PostgresError, Unavailable) as error:
                self.waiting_for = f"PostgreSQL ({error or type(error).__name__})"
                if self._held.is_set():
                    log.warning("world_lock.lost", reason=self.waiting_for)
            except Exception:
                self.waiting_for = "a mistake of ours"
                log.exception("world_lock.crashed")
            finally:
                self._held.clear()
            await asyncio.sleep(self._interval)

    async def _hold_once(self) -> None:
        connection = await asyncpg.connect(
            self._url, timeout=5, command_timeout=5, server_settings={"application_name": self._name, **KEEPALIVE}
        )
        try:
            _refuse_unless_writable(connection)
            while not await connection.fetchval(self._sql, WORLD):
                self.waiting_for = await self._holder(connection)
                await asyncio.sleep(self._interval)
            if self._on_taken is not None:
                await self._on_taken()
            self._held.set()
            log.info("world_lock.taken")
            while True:
                await asyncio.sleep(self._interval)
                await self._on_poll(connection)
                _refuse_unless_writable(connection)
        finally:
            connection.terminate()

    async def _holder(self, connection: "asyncpg.Connection[asyncpg.Record]") -> str:
        rows = await connection.fetch(
            "select distinct a.application_name, coalesce(a.client_addr::text, 'local') as address from pg_locks l"
            " join pg_stat_activity a using (pid) where l.locktype = 'advisory' and l.objid = $1 and l.granted",
            WORLD,
        )
        return ", ".join(f"{row['application_name']} ({row['address']})" for row in rows) or "another server"


def _refuse_unless_writable(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A server that was demoted still answers: its lock would guard nothing. PostgreSQL tells of its state unasked (from version 14 on)."""
    state = connection.get_settings()
    if "on" in {getattr(state, "in_hot_standby", "off"), getattr(state, "default_transaction_read_only", "off")}:
        raise ConnectionError("it takes no writes")


@asynccontextmanager
async def kept(lock: WorldLock) -> AsyncIterator[WorldLock]:
    """Keep the lock while the body runs."""
    task = asyncio.create_task(lock.keep(), name="world-lock")
    try:
        yield lock
    finally:
        task.cancel()
        await asyncio.wait([task])
