"""One Redis server in one role: every call of this worker uses this driver, with many calls in one write.

`Driver.serving` keeps a connection and reconnects without end. A call without a connection waits a moment, then fails; no call is repeated
silently. `Driver.identity` distinguishes one run of a Redis from the next: code that numbers things compares it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import redis.exceptions as redis_errors
import structlog
from echoes import crashes
from echoes.errors import FacilityUnavailable

from echoes_redis import metrics
from echoes_redis.connection import Connection, Value
from echoes_redis.endpoint import Endpoint
from echoes_redis.errors import translated
from echoes_redis.reconnector import FAILURES, Facts, Reconnector, nothing
from echoes_redis.script import Script
from echoes_redis.settings import RedisSettings

__all__ = ["Driver", "Facts", "Script"]

log = structlog.get_logger("echoes.redis")


class Driver:
    """Commands and scripts for one Redis. `role` names it in logs and metrics; `prepare` is awaited with each new connection; `prelude` replaces the
    scripts' own, in tests.
    """

    def __init__(
        self, endpoint: Endpoint, settings: RedisSettings, *, role: str = "main", prelude: str | None = None,
        prepare: Callable[[Connection], Awaitable[None]] = nothing,
    ) -> None:  # fmt: skip
        self._max_pending = settings.max_pending
        self._role = role
        self._prelude = prelude
        self._scripts: dict[str, Script] = {}
        self._loading: dict[str, asyncio.Future[Any]] = {}
        """Pending loads of scripts that Redis had forgotten, by SHA-1."""
        self._callbacks: list[Callable[[], None]] = []
        self._reconnector = Reconnector(
            endpoint, settings, role=role, scripts=lambda: tuple(self._scripts.values()), announce=self._announce, prepare=prepare
        )

    @property
    def identity(self) -> str:
        """The `run_id` of the server of the present connection, or of the last one."""
        return self._reconnector.server.run_id

    @property
    def facts(self) -> Facts:
        """The connection's state, for an operator."""
        return self._reconnector.facts

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Call `callback` at once after each (re)connection: its commands go out before those that wait."""
        self._callbacks.append(callback)

    async def until_connected(self) -> None:
        """Return once there is a connection, after any time."""
        await self._reconnector.until_connected()

    async def connected(self) -> None:
        """Return once there is a connection; waits for it as a call does. Raises `FacilityUnavailable`."""
        if self._reconnector.connection is None:
            await self._reconnector.connected()

    async def call(self, *command: Value) -> Any:
        """Send one command and return its raw reply: bytes, int, None or a list of these.

        Raises `FacilityUnavailable`: the outcome is unknown. The caller may be cancelled at any time.
        """
        connection = self._reconnector.connection or await self._reconnector.connected()
        try:
            return await self._ask(connection, command)
        except FAILURES as error:
            raise self._failure(connection, error, str(command[0]), tuple(_text(key) for key in command[1:2])) from error

    async def run(self, script: Script, keys: Sequence[str | bytes], args: Sequence[Value]) -> Any:
        """Run a script, one atomic step; see `call`. Calls of a script that has `many` are sent together when they are made in one turn."""
        connection = self._reconnector.connection or await self._reconnector.connected()
        known, given = self._known(script), self._given(script, args)
        try:
            try:
                if known.many is not None:
                    return await self._ask_together(connection, known.sha, known.many.sha, keys, given)
                return await self._ask(connection, ("EVALSHA", known.sha, len(keys), *keys, *given))
            except redis_errors.NoScriptError:
                # It was not run: Redis does not have it (any more: SCRIPT FLUSH).
                if known.many is not None:
                    self._load(connection, known.many)
                return await self._ask(connection, ("EVAL", known.source, len(keys), *keys, *given))
        except FAILURES as error:
            raise self._failure(connection, error, f"the script {script.name!r}", tuple(map(_text, keys))) from error

    def send(self, script: Script, keys: Sequence[str | bytes], args: Sequence[Value]) -> asyncio.Future[Any]:
        """For `on_connected`: put a prepared script into the next write, at once. The future gets the reply, or redis' own error."""
        connection = self._reconnector.connection
        if connection is None:
            raise FacilityUnavailable("not connected")
        return connection.ask("EVALSHA", self._known(script).sha, len(keys), *keys, *self._given(script, args))

    def prepare(self, *scripts: Script) -> None:
        """Have these scripts loaded with every connection, before anything else is sent."""
        for script in scripts:
            known = self._known(script)
            if known.many is not None:
                self._scripts[known.many.name] = known.many

    def drop(self, reason: str) -> None:
        """Cut the connection. It reconnects, to the server that the endpoint names by then."""
        self._reconnector.drop(reason)

    def serving(self) -> AbstractAsyncContextManager[None]:
        """Connect, stay connected, disconnect. Raises `ConfigurationError` when Redis cannot be used within `boot_timeout`."""
        return self._reconnector.serving()

    def _announce(self) -> None:
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                log.exception("redis.callback_failed", role=self._role)
                crashes.report()

    def _ask(self, connection: Connection, command: Sequence[Value]) -> asyncio.Future[Any]:
        self._check_room(connection)
        return connection.ask(*command)

    def _ask_together(
        self, connection: Connection, once: str, many: str, keys: Sequence[Value], args: Sequence[Value]
    ) -> asyncio.Future[Any]:
        self._check_room(connection)
        return connection.ask_together(once, many, keys, args)

    def _load(self, connection: Connection, script: Script) -> None:
        """Have Redis know a script again. Calls that failed together load it once."""
        loading = self._loading.get(script.sha)
        if loading is None or loading.done():
            self._loading[script.sha] = connection.ask("SCRIPT", "LOAD", script.source)

    def _check_room(self, connection: Connection) -> None:
        if connection.pending >= self._max_pending:
            raise redis_errors.ConnectionError(f"{connection.pending} calls are under way already (ECHOES_REDIS_MAX_PENDING)")

    def _failure(self, connection: Connection, error: Exception, command: str, keys: tuple[str, ...]) -> FacilityUnavailable:
        if isinstance(error, redis_errors.ReadOnlyError):
            connection.cut(error)
        metrics.COMMAND_FAILURES.labels(self._role).inc()
        return translated(error, address=self.facts.address, command=command, keys=keys)

    def _given(self, script: Script, args: Sequence[Value]) -> Sequence[Value]:
        """Return a script's ARGV. To be called once there is a connection: the one that a call has waited for may lead to another Redis."""
        return (self.identity, *args) if script.addressed else args

    def _known(self, script: Script) -> Script:
        found = self._scripts.get(script.name)
        if found is None:
            found = self._scripts[script.name] = script if self._prelude is None else script.under(self._prelude)
        return found


def _text(value: Value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
