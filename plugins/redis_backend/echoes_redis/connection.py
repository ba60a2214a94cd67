"""One connection to Redis: the commands of one turn of the event loop are written at once, and replies come in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import hiredis
import redis.exceptions as redis_errors

from echoes_redis.batch import MOST, Batch, Value, fail
from echoes_redis.errors import reply_error

__all__ = ["Connection", "RespProtocol", "Value", "Wire"]
_NOTHING = object()


class Wire(Protocol):
    """The transport of a connection: asyncio's, or a test's own."""

    def write(self, data: bytes) -> None:
        """Send, without waiting."""
        ...

    def abort(self) -> None:
        """Close at once; unsent data is lost."""
        ...


class Connection:
    """Pairs commands with replies.

    An overdue reply cuts the connection, since later replies would wait for it. All pending commands fail then, and it is unknown which of
    them Redis ran.
    """

    def __init__(self, io_timeout: float) -> None:
        self.closed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        """Its result, once there is one, is why the connection ended."""
        self._io_timeout = io_timeout
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self._unsent: list[bytes] = []
        self._batches: dict[str, Batch] = {}
        self._flush_due = False
        self._pending: deque[tuple[float, asyncio.Future[Any] | Batch]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._on_message: Callable[[Any], None] | None = None

    @property
    def alive(self) -> bool:
        """Whether it takes commands."""
        return self._wire is not None and not self.closed.done()

    @property
    def pending(self) -> int:
        """The number of pending replies, and of calls that have yet to be sent."""
        return len(self._pending) + sum(map(len, self._batches.values()))

    def ask(self, *command: Value) -> asyncio.Future[Any]:
        """Send a command. The future gets the raw reply or redis' exception; cancelling it disturbs no other command."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._takes(future):
            self.send_unanswered(*command)
            self._expect(future)
        return future

    def ask_together(self, once: str, many: str, keys: Sequence[Value], args: Sequence[Value]) -> asyncio.Future[Any]:
        """Run a script, together with the calls of it that are made in this turn; see `ask`. `many` is the script that runs several calls of `once`."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._takes(future):
            batch = self._batches.get(once)
            if batch is None:
                batch = self._batches[once] = Batch(once, many)
                self._schedule_flush()
            batch.add(keys, args, future)
            if len(batch) == MOST:
                self._send(self._batches.pop(once))
        return future

    def send_unanswered(self, *command: Value) -> None:
        """Send a command to which no reply is matched: for a connection that subscribes."""
        self._schedule_flush()
        self._unsent.append(hiredis.pack_command(command))  # type: ignore[arg-type] # its stub knows tuples of one only

    def listen(self, on_message: Callable[[Any], None]) -> None:
        """From now on every reply goes to `hear`: on a pub/sub connection replies are not paired with commands."""
        self._on_message = on_message

    def cut(self, reason: Exception) -> None:
        """End the connection now."""
        if self._wire is not None:
            self._wire.abort()
        self.lost(reason)

    # Callbacks of the transport

    def opened(self, wire: Wire) -> None:
        """Take the open transport."""
        self._wire = wire

    def feed(self, reply: Any) -> None:
        """Handle a reply."""
        if self._on_message is not None:
            self._on_message(reply)
            return
        if not self._pending:
            self.cut(redis_errors.InvalidResponse("a reply that nobody asked for"))
            return
        _, future = self._pending.popleft()
        if future.done():
            return
        if isinstance(reply, Exception):
            fail(future, reply)
        else:
            future.set_result(reply)

    def lost(self, reason: Exception | None) -> None:
        """Fail all pending commands, since the transport is closed."""
        if self.closed.done():
            return
        error = reason or redis_errors.ConnectionError("the connection was closed by Redis")
        self.closed.set_result(error)
        self._wire = None
        self._unsent.clear()
        if self._timer is not None:
            self._timer.cancel()
        for future in [future for _, future in self._pending] + list(self._batches.values()):
            fail(future, error)
        self._pending.clear()
        self._batches.clear()

    def _takes(self, future: asyncio.Future[Any]) -> bool:
        """Whether commands can be sent; fails the future when not."""
        if not self.alive:
            fail(future, self.closed.result() if self.closed.done() else redis_errors.ConnectionError("not connected"))
        return self.alive

    def _send(self, batch: Batch) -> None:
        self.send_unanswered(*batch.command())
        self._expect(batch)

    def _expect(self, future: asyncio.Future[Any] | Batch) -> None:
        now = self._loop.time()
        self._pending.append((now, future))
        if self._timer is None:
            self._timer = self._loop.call_at(now + self._io_timeout, self._watch)

    def _schedule_flush(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        for once in list(self._batches):
            self._send(self._batches.pop(once))
        self._flush_due = False
        if self._wire is not None and self._unsent:
            self._wire.write(b"".join(self._unsent))
        self._unsent.clear()

    def _watch(self) -> None:
        """Check the age of the oldest command."""
        self._timer = None
        if not self._pending:
            return
        overdue = self._pending[0][0] + self._io_timeout
        if overdue <= self._loop.time():
            self.cut(redis_errors.TimeoutError(f"no reply within {self._io_timeout:g} s"))
        else:
            self._timer = self._loop.call_at(overdue, self._watch)


class RespProtocol(asyncio.Protocol):
    """Bytes from a socket, parsed by hiredis, into a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader = hiredis.Reader(replyError=reply_error, notEnoughData=_NOTHING)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected (and TLS agreed upon)."""
        self._connection.opened(transport)  # type: ignore[arg-type] # asyncio hands over a write transport under its base's name

    def data_received(self, data: bytes) -> None:
        """Hand over every whole reply."""
        reader, feed = self._reader, self._connection.feed
        try:
            reader.feed(data)
            while (reply := reader.gets()) is not _NOTHING:
                feed(reply)
        except hiredis.ProtocolError as error:
            self._connection.cut(redis_errors.InvalidResponse(f"this is no Redis: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._connection.lost(exc)
