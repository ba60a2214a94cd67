"""The world lock: two worlds never write to one database.

A one-worker server holds an advisory lock exclusively; the workers of a many-worker server share it. A worker *tries* once a second on a
connection of its own and never waits for the lock: a waiting exclusive request would block new shared ones.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from echoes.error_text import reason
from echoes.errors import Unavailable
from echoes.metrics import counting
from echoes.storage.connecting import POOLED, arguments
from echoes.storage.database import OUT_OF_REACH

log = structlog.get_logger()
WORLD = 0x4543484F  # "ECHO"
KEEPALIVE = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3"
"""Makes PostgreSQL notice soon that this worker's host is gone. It is sent after connecting, since poolers refuse it before."""


class WorldLock:
    """Whether this worker may write. While it may not, `waiting_for` names the holder of the lock.

    `on_taken` runs each time the lock was taken, before any other write: another world may have written meanwhile. `on_poll` runs every
    `interval` seconds while it is held, on the connection that holds it, and answers `pg_backend_pid()`. An error from it loses the lock, as
    does the pid of another backend: a pooler stands between, and the lock is not this connection's.
    """

    def __init__(
        self, url: str, *, shared: bool, worker_id: str, on_taken: Callable[[], Awaitable[None]] | None = None,
        on_poll: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[int]] | None" = None, interval: float = 1.0,
    ) -> None:  # fmt: skip
        self._url = url
        self._sql = f"select pg_try_advisory_lock{'_shared' if shared else ''}($1) as taken, pg_backend_pid() as backend"
        self._name = f"echoes world {worker_id}"
        self._interval = interval
        self._on_taken = on_taken
        self._on_poll = on_poll or (lambda connection: connection.fetchval("select pg_backend_pid()"))
        self._held = asyncio.Event()
        self._backend = 0
        self._reported = ""
        self.waiting_for = "PostgreSQL"

    @property
    def held(self) -> bool:
        """True while this worker may write."""
        return self._held.is_set()

    async def required(self, patience: float = 5.0) -> None:
        """Return once the lock is held. Raises `Unavailable` after `patience` seconds."""
        if self._held.is_set():
            return
        try:
            async with asyncio.timeout(patience):
                await self._held.wait()
        except TimeoutError as error:
            raise Unavailable from error

    async def keep(self) -> None:
        """Hold the lock while this runs: take it, watch its connection, take it again."""
        while True:
            try:
                await self._hold_once()
            except (*OUT_OF_REACH, asyncpg.PostgresError, Unavailable) as error:
                if self._held.is_set():
                    self.waiting_for = self._reported = f"PostgreSQL ({reason(error)})"
                    log.warning("world_lock.lost", reason=self.waiting_for)
                else:
                    self._wait_for(f"PostgreSQL ({reason(error)})")
            except Exception:
                self.waiting_for = "a mistake of ours"
                counting.crashed("world_lock")
                log.exception("world_lock.crashed")
            finally:
                self._held.clear()
            await asyncio.sleep(self._interval)

    async def _hold_once(self) -> None:
        connection = await asyncpg.connect(
            **arguments(self._url), timeout=5, command_timeout=5, server_settings={"application_name": self._name}
        )
        try:
            with suppress(asyncpg.PostgresError):  # optional; the polls below notice a dead PostgreSQL
                await connection.execute(KEEPALIVE)
            _refuse_unless_writable(connection)
            while not (answer := await connection.fetchrow(self._sql, WORLD))["taken"]:
                self._wait_for(await self._holder(connection))
                await asyncio.sleep(self._interval)
            self._backend = answer["backend"]
            if self._on_taken is not None:
                await self._on_taken()
            self._held.set()
            self._reported = ""
            log.info("world_lock.taken")
            while True:
                await asyncio.sleep(self._interval)
                if await self._on_poll(connection) != self._backend:
                    raise ConnectionError(POOLED)
                _refuse_unless_writable(connection)
        finally:
            connection.terminate()

    def _wait_for(self, holder: str) -> None:
        """Log the holder once, until the holder changes or the lock was held."""
        self.waiting_for = holder
        if holder != self._reported:
            self._reported = holder
            log.warning("world_lock.not_taken", waiting_for=holder)

    async def _holder(self, connection: "asyncpg.Connection[asyncpg.Record]") -> str:
        rows = await connection.fetch(
            "select l.pid, coalesce(nullif(a.application_name, ''), 'unnamed') as name, coalesce(host(a.client_addr), 'local') as address"
            " from pg_locks l left join pg_stat_activity a using (pid)"
            " where l.locktype = 'advisory' and l.classid = 0 and l.objid = $1 and l.granted"
            " and l.database = (select oid from pg_database where datname = current_database()) order by l.pid limit 8",
            WORLD,
        )
        return ", ".join(f"{row['name']} (PostgreSQL process {row['pid']}, from {row['address']})" for row in rows) or "another server"


def _refuse_unless_writable(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Raise when the server was demoted: it still answers, but its lock would guard nothing.

    PostgreSQL reports its state without a query (since version 14).
    """
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
