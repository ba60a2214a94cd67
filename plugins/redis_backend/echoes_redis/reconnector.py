"""A connection that reconnects: one supervised task keeps it, and callers wait a bounded time for it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import redis.exceptions as redis_errors
import structlog
from echoes.errors import ConfigurationError, FacilityUnavailable
from msgspec import Struct

from echoes_redis import metrics
from echoes_redis.connection import Connection
from echoes_redis.endpoint import Endpoint, Links, Sentinels
from echoes_redis.errors import unusable
from echoes_redis.handshake import Server, handshake
from echoes_redis.script import Script
from echoes_redis.settings import RedisSettings

log = structlog.get_logger("echoes.redis")
FAILURES = (redis_errors.RedisError, OSError, TimeoutError)
BACKOFF_SECONDS = (0.05, 1.0)
REMIND_SECONDS = 30.0
MASTER_SECONDS = 0.5
"""Seconds between two queries of the Sentinels whether the connected server is still the master."""


class Facts(Struct, frozen=True):
    """The state of a connection, known without a command."""

    connected: bool
    address: str
    server: Server
    connections: int
    """The number of its connects."""
    pending: int
    error: str
    """Why it is not connected; empty when it is."""


async def nothing(connection: Connection) -> None:
    """Prepare nothing."""
    del connection


class Reconnector:
    """Keeps one connection. `prepare` is awaited with each new one before it counts; `announce` is called at once when it does.

    With Sentinels it `watches` for another master; a connection that follows another one in that need not.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: RedisSettings,
        *,
        role: str,
        scripts: Callable[[], Sequence[Script]] = tuple,
        prepare: Callable[[Connection], Awaitable[None]] = nothing,
        announce: Callable[[], None],
        watches: bool = True,
    ) -> None:
        self.endpoint = endpoint
        self.connection: Connection | None = None
        self.server = Server()
        self._settings = settings
        self._role = role
        self._scripts = scripts
        self._prepare = prepare
        self._announce = announce
        self._watches = watches
        self._connected = asyncio.Event()
        self._reached = endpoint.address
        self._connections = 0
        self._error = "not connected yet"

    @property
    def facts(self) -> Facts:
        """The connection's state, for an operator."""
        pending = 0 if self.connection is None else self.connection.pending
        error = "" if self.connection else self._error
        return Facts(self.connection is not None, self._reached, self.server, self._connections, pending, error)

    async def connected(self, wait: float | None = None) -> Connection:
        """Return the connection, waiting up to `wait` seconds (None: as the settings say). Raises `FacilityUnavailable`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.wait if wait is None else wait):
                await self._connected.wait()
        if self.connection is None:
            cause = redis_errors.ConnectionError(self._error)
            raise FacilityUnavailable(f"Redis at {self.endpoint.address} is not connected: {self._error}") from cause
        return self.connection

    async def until_connected(self) -> None:
        """Return once there is a connection, after any time."""
        await self._connected.wait()

    def drop(self, reason: str) -> None:
        """Cut the connection. It reconnects, to the server that the endpoint names by then."""
        if self.connection is not None:
            self.connection.cut(redis_errors.ConnectionError(reason))

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Connect, stay connected, disconnect. Raises `ConfigurationError` when Redis cannot be used within `boot_timeout`."""
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._boot()
            tasks.append(asyncio.create_task(self._supervise(), name=f"redis:{self._role}"))
            if self._watches and isinstance(self.endpoint, Sentinels):
                tasks.append(asyncio.create_task(self._watch(self.endpoint), name=f"redis:{self._role}:master"))
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.drop("the server stops")
            self._lose("the server has stopped")

    async def _boot(self) -> None:
        """Make the first connection; an error that cannot get better is not retried."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.boot_timeout
        pause = 4 * BACKOFF_SECONDS[0]
        while True:
            try:
                await self._connect()
            except (redis_errors.AuthenticationError, redis_errors.NoPermissionError, ConfigurationError) as error:
                raise unusable(error, address=self.endpoint.address) from error
            except FAILURES as error:
                if loop.time() + pause > deadline:
                    raise unusable(error, address=self.endpoint.address) from error
                await asyncio.sleep(pause)
            else:
                return

    async def _supervise(self) -> None:
        """Reconnect whenever the connection is lost."""
        while True:
            if self.connection is not None:
                reason = await asyncio.shield(self.connection.closed)
                self._lose(str(reason) or type(reason).__name__)
                log.warning("redis.connection_lost", role=self._role, address=self._reached, error=self._error)
            await self._reconnect()

    async def _reconnect(self) -> None:
        loop = asyncio.get_running_loop()
        began, reminded, ceiling = loop.time(), -REMIND_SECONDS, BACKOFF_SECONDS[0]
        while True:
            try:
                await self._connect()
            except Exception as error:  # noqa: BLE001 - it goes on whatever happens, also when an older Redis came back
                metrics.CONNECTION_FAILURES.labels(self._role).inc()
                self._error = str(error) or type(error).__name__
                if loop.time() - reminded > REMIND_SECONDS:
                    reminded = loop.time()
                    log.warning("redis.connection_failed", role=self._role, address=self.endpoint.address, error=self._error)
                await asyncio.sleep(random.uniform(ceiling / 2, ceiling))
                ceiling = min(2 * ceiling, BACKOFF_SECONDS[1])
            else:
                seconds = round(loop.time() - began, 3)
                metrics.RECONNECTS.labels(self._role).inc()
                log.info("redis.reconnected", role=self._role, address=self._reached, run_id=self.server.run_id, seconds=seconds)
                return

    async def _connect(self) -> None:
        connection = Connection(self._settings.io_timeout)
        try:
            address, server = await handshake(
                self.endpoint,
                connection,
                timeout=self._settings.connect_timeout,
                scripts=self._scripts(),
                role=self._role,
                prefix=self._settings.prefix,
            )
            await self._prepare(connection)
        except BaseException:
            connection.cut(redis_errors.ConnectionError("the attempt failed"))
            raise
        if not connection.alive:
            raise connection.closed.result()
        self.connection, self.server, self._reached, self._error = connection, server, address, ""
        self._connections += 1
        metrics.CONNECTED.labels(self._role).set(1)
        self._announce()
        self._connected.set()

    async def _watch(self, sentinels: Sentinels) -> None:
        """Leave a master that the Sentinels do not name any more.

        Such a master, deposed without notice or cut off together with this worker, still answers.
        """
        connections: Links = {}
        try:
            while True:
                await asyncio.sleep(random.uniform(0.8, 1.2) * MASTER_SECONDS)
                try:
                    host, port = await sentinels.master(connections)
                except FAILURES:
                    continue
                if self.connection is not None and self._reached != f"{host}:{port}":
                    self.drop(f"the Sentinels name another master: {host}:{port}")
        finally:
            for connection in connections.values():
                connection.cut(redis_errors.ConnectionError("done"))

    def _lose(self, reason: str) -> None:
        self.connection, self._error = None, reason
        self._connected.clear()
        metrics.CONNECTED.labels(self._role).set(0)
