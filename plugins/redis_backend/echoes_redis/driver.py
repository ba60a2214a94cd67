"""One Redis server in one role: every call of this worker goes through here, many in one write.

`Driver.serving` keeps a connection, for ever anew. A call that finds none waits a moment, then fails; nothing is repeated in
secret. `Driver.identity` tells one life of a Redis from the next: whoever numbers things compares it.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import redis.exceptions as redis_errors
import structlog
from echoes.errors import ConfigurationError, FacilityUnavailable
from msgspec import Struct

from echoes_redis import metrics
from echoes_redis.endpoint import Endpoint
from echoes_redis.errors import translated, unusable
from echoes_redis.greeting import Server, greet
from echoes_redis.link import Link, Value
from echoes_redis.script import Script
from echoes_redis.settings import RedisSettings

__all__ = ["Driver", "Facts", "Script"]

log = structlog.get_logger("echoes.redis")
FAILURES = (redis_errors.RedisError, OSError, TimeoutError)
BACKOFF_SECONDS = (0.05, 2.0)
REMIND_SECONDS = 30.0


class Facts(Struct, frozen=True):
    """What is known without asking."""

    connected: bool
    address: str
    server: Server
    connections: int
    """How often it has been connected."""
    pending: int
    error: str
    """Why it is not connected; empty when it is."""


class Driver:
    """Commands and scripts for one Redis. `role` names it in logs and metrics; `prelude` replaces the scripts' own, in tests."""

    def __init__(self, endpoint: Endpoint, settings: RedisSettings, *, role: str = "main", prelude: str | None = None) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._role = role
        self._prelude = prelude
        self._scripts: dict[str, Script] = {}
        self._callbacks: list[Callable[[], None]] = []
        self._link: Link | None = None
        self._connected = asyncio.Event()
        self._server = Server()
        self._reached = endpoint.address
        self._connections = 0
        self._error = "not connected yet"

    @property
    def endpoint(self) -> Endpoint:
        """Where it connects to."""
        return self._endpoint

    @property
    def identity(self) -> str:
        """The `run_id` of the server that the present connection, or the last one, belongs to."""
        return self._server.run_id

    @property
    def facts(self) -> Facts:
        """What an operator may want to see."""
        link = self._link
        pending = 0 if link is None else link.pending
        return Facts(link is not None, self._reached, self._server, self._connections, pending, "" if link else self._error)

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at once after each (re)connection: what it sends goes out before what others have waited to send."""
        self._callbacks.append(callback)

    async def call(self, *command: Value) -> Any:
        """One command, answered with its raw reply: bytes, int, None or a list of these.

        Raises `FacilityUnavailable`: whether it happened is unknown. The caller may be cancelled at any time.
        """
        link = self._link or await self._linked()
        try:
            return await self._ask(link, command)
        except FAILURES as error:
            raise self._failure(link, error, str(command[0]), tuple(_text(key) for key in command[1:2])) from error

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Value]) -> Any:
        """Run a script, one atomic step; see `call`."""
        link = self._link or await self._linked()
        try:
            try:
                return await self.send(script, keys, args)
            except redis_errors.NoScriptError:
                # It was not run: Redis has forgotten it (SCRIPT FLUSH) or never knew it.
                return await self._ask(link, ("EVAL", self._known(script).source, len(keys), *keys, *args))
        except FAILURES as error:
            raise self._failure(link, error, f"the script {script.name!r}", tuple(keys)) from error

    def send(self, script: Script, keys: Sequence[str], args: Sequence[Value]) -> asyncio.Future[Any]:
        """Put a script into the present connection's next write, at once, and answer the reply's future, which holds redis' own errors."""
        if self._link is None:
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            future.set_exception(redis_errors.ConnectionError(self._error))
            return future
        return self._ask(self._link, ("EVALSHA", self._known(script).sha, len(keys), *keys, *args))

    def prepare(self, *scripts: Script) -> None:
        """Have these scripts loaded with every connection, before anything else is sent."""
        for script in scripts:
            self._known(script)

    def drop(self, reason: str) -> None:
        """Cut the connection; it is made anew, to whichever server is meant by then."""
        if self._link is not None:
            self._link.cut(redis_errors.ConnectionError(reason))

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Connect, stay connected, disconnect. Raises `ConfigurationError` when Redis cannot be used within `boot_timeout`."""
        supervisor = None
        try:
            await self._boot()
            supervisor = asyncio.create_task(self._supervise(), name=f"redis:{self._role}")
            yield
        finally:
            if supervisor is not None:
                supervisor.cancel()
                await asyncio.wait([supervisor])
            self.drop("the server stops")
            self._lose("the server has stopped")

    async def _boot(self) -> None:
        """The first connection; what cannot get better is not tried again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.boot_timeout
        while True:
            try:
                await self._connect()
            except (redis_errors.AuthenticationError, redis_errors.NoPermissionError, ConfigurationError) as error:
                raise unusable(error, address=self._endpoint.address) from error
            except FAILURES as error:
                if loop.time() + BACKOFF_SECONDS[0] * 4 > deadline:
                    raise unusable(error, address=self._endpoint.address) from error
                await asyncio.sleep(BACKOFF_SECONDS[0] * 4)
            else:
                return

    async def _supervise(self) -> None:
        """Whenever the connection is lost, make it anew."""
        while True:
            link = self._link
            if link is not None:
                reason = await asyncio.shield(link.closed)
                self._lose(str(reason) or type(reason).__name__)
                log.warning("redis.connection_lost", role=self._role, address=self._reached, error=self._error)
            await self._reconnect()

    async def _reconnect(self) -> None:
        loop = asyncio.get_running_loop()
        began, reminded, ceiling = loop.time(), 0.0, BACKOFF_SECONDS[0]
        while True:
            try:
                await self._connect()
            except Exception as error:  # noqa: BLE001 - it goes on whatever happens, also when an older Redis came back
                metrics.CONNECTION_FAILURES.labels(self._role).inc()
                self._error = str(error) or type(error).__name__
                if loop.time() - reminded > REMIND_SECONDS:
                    reminded = loop.time()
                    log.warning("redis.connection_failed", role=self._role, address=self._endpoint.address, error=self._error)
                await asyncio.sleep(random.uniform(ceiling / 2, ceiling))
                ceiling = min(2 * ceiling, BACKOFF_SECONDS[1])
            else:
                seconds = round(loop.time() - began, 3)
                metrics.RECONNECTS.labels(self._role).inc()
                log.info("redis.reconnected", role=self._role, address=self._reached, run_id=self._server.run_id, seconds=seconds)
                return

    async def _connect(self) -> None:
        link = Link(self._settings.io_timeout)
        self._reached, self._server = await greet(
            self._endpoint, link, timeout=self._settings.connect_timeout, scripts=list(self._scripts.values()), role=self._role
        )
        if not link.alive:
            raise link.closed.result()
        self._link, self._error = link, ""
        self._connections += 1
        metrics.CONNECTED.labels(self._role).set(1)
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                log.exception("redis.callback_failed", role=self._role)
        self._connected.set()

    def _lose(self, reason: str) -> None:
        self._link, self._error = None, reason
        self._connected.clear()
        metrics.CONNECTED.labels(self._role).set(0)

    async def _linked(self) -> Link:
        """The connection, waited for a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.wait):
                await self._connected.wait()
        if self._link is None:
            cause = redis_errors.ConnectionError(self._error)
            raise FacilityUnavailable(f"Redis at {self._endpoint.address} is not connected: {self._error}") from cause
        return self._link

    def _ask(self, link: Link, command: Sequence[Value]) -> asyncio.Future[Any]:
        if link.pending >= self._settings.max_pending:
            raise redis_errors.ConnectionError(f"{link.pending} calls are under way already (ECHOES_REDIS_MAX_PENDING)")
        return link.ask(*command)

    def _failure(self, link: Link, error: Exception, command: str, keys: tuple[str, ...]) -> FacilityUnavailable:
        if isinstance(error, redis_errors.ReadOnlyError):
            link.cut(error)
        metrics.COMMAND_FAILURES.labels(self._role).inc()
        return translated(error, address=self._reached, command=command, keys=keys)

    def _known(self, script: Script) -> Script:
        found = self._scripts.get(script.name)
        if found is None:
            found = self._scripts[script.name] = script if self._prelude is None else script.under(self._prelude)
        return found


def _text(value: Value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
