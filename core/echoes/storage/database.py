"""The connection pool: how the server queries PostgreSQL, its timeouts, and how it handles PostgreSQL's failures."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import asyncpg
import structlog

from echoes.errors import Unavailable
from echoes.metrics.counting import Query
from echoes.storage.connecting import REFUSED, arguments, refusal

log = structlog.get_logger()
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""Runs the statements of a transaction."""

OUT_OF_REACH = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # "another operation is in progress": PostgreSQL's closing message arrived before the query
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
)
"""Errors that mean that PostgreSQL cannot be reached. Every other error is a bug of the server."""

ARM: ContextVar[str] = ContextVar("arm", default="background")
"""The arm of a query: a character whose commands read through the cache (`cached`) or past it (`direct`), or `background`."""

TRY_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""SQLSTATE class 40: the transaction had no effect, and a retry may succeed."""


class Database:
    """A pool of connections, and PostgreSQL's clock.

    Every query is counted by its purpose in `queries`, and by purpose and arm (`ARM`) in `by_arm`. `Unavailable` is raised when PostgreSQL
    cannot be reached within `timeout` seconds, regardless of the reason. The statement may or may not have taken effect.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", url: str, timeout: float, slow: float) -> None:
        self._pool = pool
        self._slow = slow
        self.url = url
        self.timeout = timeout
        self.queries: Counter[str] = Counter()
        self.by_arm: Counter[tuple[str, str]] = Counter()
        self._clock_offset = 0.0

    async def row(self, purpose: str, sql: str, *arguments: Any) -> asyncpg.Record | None:
        """Return the first row, or None."""
        rows = await self.rows(purpose, sql, *arguments)
        return rows[0] if rows else None

    async def rows(self, purpose: str, sql: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        """Return all rows."""
        self.count(purpose)
        with Query(purpose, self._slow) as query:
            try:
                async with asyncio.timeout(self.timeout), self._pool.acquire() as connection:
                    query.connected()
                    return await connection.fetch(sql, *arguments)
            except OUT_OF_REACH as error:
                query.failed()
                log.warning("database.query_failed", purpose=purpose, error=repr(error))
                await self._left_if_demoted(error)
                raise Unavailable from error

    @asynccontextmanager
    async def transaction(self, purpose: str) -> AsyncIterator["asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"]:
        """Run several statements, all or nothing."""
        self.count(purpose)
        with Query(purpose, self._slow) as query:
            try:
                async with asyncio.timeout(self.timeout), self._pool.acquire() as connection:
                    query.connected()
                    async with connection.transaction():
                        yield connection
            except OUT_OF_REACH as error:
                query.failed()
                log.warning("database.transaction_failed", purpose=purpose, error=repr(error))
                await self._left_if_demoted(error)
                raise Unavailable from error

    def pool(self) -> tuple[int, int]:
        """Connections in use, and idle ones."""
        idle = self._pool.get_idle_size()
        return self._pool.get_size() - idle, idle

    def count(self, purpose: str) -> None:
        """Count a round trip to PostgreSQL, or a transaction."""
        self.queries[purpose] += 1
        self.by_arm[purpose, ARM.get()] += 1

    async def _left_if_demoted(self, error: Exception) -> None:
        """Reconnect when the server takes no writes any more, to the host of the URL that takes them."""
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
            await self._pool.expire_connections()

    def learn_time(self, now: float) -> None:
        """Set the clock from PostgreSQL's current time."""
        self._clock_offset = now - time.monotonic()

    def now(self) -> float:
        """Unix seconds by PostgreSQL's clock, accurate to a round trip."""
        return time.monotonic() + self._clock_offset


@asynccontextmanager
async def connect(url: str, *, pool: int, timeout: float, slow: float = 0.1) -> AsyncIterator[Database]:  # noqa: ASYNC109 - a setting, kept
    """Open the pool while the body runs. Raises `StorageError` with one line that says what to check."""
    try:
        opened = await asyncpg.create_pool(
            **arguments(url), min_size=2, max_size=pool, timeout=timeout, command_timeout=timeout, max_inactive_connection_lifetime=300,
            server_settings={"application_name": "echoes"}, reset=_leave_as_it_is,
        )  # fmt: skip
    except REFUSED as error:
        raise refusal(error, url) from error
    database = Database(opened, url, timeout, slow)
    try:
        try:
            row = await database.row("clock", "select extract(epoch from clock_timestamp())::double precision as now")
        except Unavailable as error:
            raise refusal(error.__cause__ or error, url) from error
        assert row is not None  # noqa: S101 - a select without from has one row
        database.learn_time(row["now"])
        yield database
    finally:
        try:
            async with asyncio.timeout(timeout):
                await opened.close()
        except OUT_OF_REACH:
            opened.terminate()


async def _leave_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Skip asyncpg's reset when a connection returns to the pool: it saves a round trip. No statement of the server changes the session."""
