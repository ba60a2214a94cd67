"""The one pub/sub connection of a worker: it subscribes to every wanted channel, again after each reconnect, before it reports that it is live."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import redis.exceptions as redis_errors
import structlog
from echoes.concurrency import slices
from echoes.errors import FacilityUnavailable

from echoes_redis.connection import Connection
from echoes_redis.endpoint import Endpoint
from echoes_redis.reconnector import Facts, Reconnector, nothing
from echoes_redis.settings import RedisSettings

log = structlog.get_logger("echoes.redis")
CHUNK = 500
"""Channels named in one SUBSCRIBE; the next one is sent when Redis has acknowledged them all."""


class Subscriber:
    """Calls `hear(channel, frame)` for each message without waiting, and `live()` whenever every wanted channel is subscribed again."""

    def __init__(
        self, endpoint: Endpoint, settings: RedisSettings, *, on_message: Callable[[bytes, bytes], None], live: Callable[[], None],
        prepare: Callable[[Connection], Awaitable[None]] = nothing,
    ) -> None:  # fmt: skip
        self._first = prepare
        self._settings = settings
        self._on_message = on_message
        self._wanted: dict[bytes, None] = {}
        self._subscribed: set[bytes] = set()
        self._awaited: dict[bytes, list[asyncio.Future[None]]] = {}
        self._reconnector = Reconnector(endpoint, settings, role="subscriber", prepare=self._prepare, announce=live, watches=False)
        self.heard = 0.0
        """When data last came, on the event loop's clock."""

    @property
    def facts(self) -> Facts:
        """The connection's state, for an operator."""
        return self._reconnector.facts

    @property
    def identity(self) -> str:
        """The `run_id` of the subscribed server."""
        return self._reconnector.server.run_id

    def serving(self) -> AbstractAsyncContextManager[None]:
        """Subscribe while the body runs. Raises `ConfigurationError` like a driver."""
        return self._reconnector.serving()

    def drop(self, reason: str) -> None:
        """Cut the connection; it reconnects."""
        self._reconnector.drop(reason)

    def ping(self) -> None:
        """Send a PING on this connection, if there is one, so that Redis answers."""
        if self._reconnector.connection is not None:
            self._reconnector.connection.send_unanswered("PING")

    def want(self, channel: bytes) -> None:
        """Subscribe with the next connection."""
        self._wanted[channel] = None

    def reconcile(self) -> None:
        """Subscribe to wanted channels that are not subscribed, if there are any."""
        missing = [channel for channel in self._wanted if channel not in self._subscribed and channel not in self._awaited]
        if missing and self._reconnector.connection is not None:
            log.warning("redis.subscriptions_missing", channels=len(missing))
            self._reconnector.drop("subscriptions are missing")

    async def listen(self, channel: bytes) -> None:
        """Subscribe; returns once Redis has acknowledged it. Raises `FacilityUnavailable`; the channel stays wanted until `unlisten`."""
        self._wanted[channel] = None
        if channel in self._subscribed:
            return
        connection = await self._reconnector.connected()
        if channel in self._subscribed:
            return
        try:
            async with asyncio.timeout(self._settings.io_timeout):
                await self._subscribe(connection, [channel])[0]
        except TimeoutError as error:
            connection.cut(redis_errors.TimeoutError("SUBSCRIBE was not answered"))
            raise FacilityUnavailable("Redis did not answer SUBSCRIBE in time") from error
        except redis_errors.RedisError as error:
            raise FacilityUnavailable(f"the connection was lost: {error}") from error

    def unlisten(self, channel: bytes) -> None:
        """End the subscription of a channel."""
        self._wanted.pop(channel, None)
        if channel in self._subscribed and self._reconnector.connection is not None:
            self._subscribed.discard(channel)
            self._reconnector.connection.send_unanswered("UNSUBSCRIBE", channel)

    async def _prepare(self, connection: Connection) -> None:
        """Subscribe to every wanted channel on a new connection, and wait for the acknowledgements."""
        await self._first(connection)
        self._forget()
        connection.listen(lambda reply: self._receive(connection, reply))
        connection.closed.add_done_callback(lambda _: self._forget())
        wanted = list(self._wanted)
        async with asyncio.timeout(self._settings.io_timeout + len(wanted) / 10_000):
            async for some in slices(wanted, CHUNK):
                await asyncio.gather(*self._subscribe(connection, some))

    def _subscribe(self, connection: Connection, channels: Sequence[bytes]) -> list[asyncio.Future[None]]:
        futures = []
        for channel in channels:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._awaited.setdefault(channel, []).append(future)
            futures.append(future)
        connection.send_unanswered("SUBSCRIBE", *channels)
        return futures

    def _receive(self, connection: Connection, reply: Any) -> None:
        self.heard = asyncio.get_running_loop().time()
        if isinstance(reply, list) and reply[0] == b"message":
            self._on_message(reply[1], reply[2])
        elif isinstance(reply, Exception):
            log.error("redis.subscription_refused", error=str(reply), setting="ECHOES_REDIS_URL")
            connection.cut(reply)
        elif isinstance(reply, list) and reply[0] == b"subscribe":
            if reply[1] in self._wanted:
                self._subscribed.add(reply[1])
            else:  # its subscriber left before Redis answered
                connection.send_unanswered("UNSUBSCRIBE", reply[1])
            for future in self._awaited.pop(reply[1], ()):
                if not future.done():
                    future.set_result(None)

    def _forget(self) -> None:
        """Drop every subscription, since the connection is gone."""
        self._subscribed.clear()
        error = redis_errors.ConnectionError("the subscriber's connection was lost")
        for futures in self._awaited.values():
            for future in futures:
                if not future.done():
                    future.set_exception(error)
                    future.exception()
        self._awaited.clear()
