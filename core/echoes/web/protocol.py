"""uvicorn's WebSocket protocol, opened a little: the application may write prebuilt frames straight to the transport.

ASGI's `send` costs a coroutine, a protocol object and a copy for each recipient. A message to a whole room is one frame, built
once and written to each transport. Everything else (handshake, ping, close, limits) stays uvicorn's. Tied to uvicorn's
`websockets-sansio` implementation; `tests/web/test_protocol.py` holds the ties.
"""

import asyncio
import random
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import SecurityError
from websockets.frames import Frame
from websockets.http11 import Request

from echoes.token_bucket import TokenBucket
from echoes.wire import Close

EXTENSION = "echoes.wire"
LAST_WORDS = 5.0
"""Seconds that a closing client has to take what is unsent and to answer the close."""
SLICE = 2048
"""Bytes that are parsed at a time. A message in them pauses the parser until the application has taken it."""
NOTHING = memoryview(b"")
SPARE_FRAMES, SPARE_FRAMES_PER_SECOND = 2000, 20.0
"""Frames of one connection that bring no message (pings, pongs, pieces of a message): at once, and per second. Browsers send one in
`ECHOES_PING_INTERVAL`."""


class WireProtocol(WebSocketsSansIOProtocol):
    """One client's connection. The ASGI scope's extension `echoes.wire` is this object."""

    on_drained: Callable[[], None] | None = None
    on_lost: Callable[[], None] | None = None
    welcomed = False
    """Whether the client was let in."""
    _ended_with = 0
    _serves = False
    """Whether the application still has the connection."""
    _unparsed = NOTHING
    """Received bytes that wait until the application has taken the messages before them."""
    _is_deaf = False
    """Whether nothing more is parsed: the client sent too many frames that bring no message."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection has its own allowance of frames."""
        super().connection_made(transport)
        self._spare = TokenBucket(SPARE_FRAMES_PER_SECOND, SPARE_FRAMES)

    def data_received(self, data: bytes) -> None:
        """Parse a slice at a time: a chunk from the socket may hold 40,000 frames, and every client of the worker would wait for them."""
        self._unparsed = memoryview(b"".join((self._unparsed, data)) if self._unparsed else data)
        self._parse()

    async def receive(self) -> Any:
        """As uvicorn does, and parse on."""
        message = await super().receive()
        self._parse()
        return message

    def _parse(self) -> None:
        while self._unparsed and not (self.read_paused or self._is_deaf or self.disconnected or self.transport.is_closing()):
            piece, self._unparsed = self._unparsed[:SLICE], self._unparsed[SLICE:]
            super().data_received(piece)  # type: ignore[arg-type] # the parser takes any buffer

    def handle_ping(self) -> None:
        """Answer it, within the allowance: the answers wait without a bound for a client that does not read them."""
        if self._is_spared():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Note it, within the allowance."""
        if self._is_spared():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        """Keep a piece of a message, within the allowance. Empty ones count in no limit of bytes, and are not kept."""
        if self._is_spared() and (event.data or event.fin):
            super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        """Keep it, unless the connection closes: then it counts as a frame without a message."""
        if not self.close_sent or self._is_spared():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """As with text."""
        if not self.close_sent or self._is_spared():
            super().handle_bytes(event)

    def _is_spared(self) -> bool:
        """Take one frame from the allowance. When it is used up, close the connection and parse nothing more."""
        if not self._is_deaf and not self._spare.spend():
            self._is_deaf, self._unparsed = True, NOTHING
            if not self.handshake_complete:
                self.transport.abort()
            self.end(Close.FLOOD, "too many frames")
            if not self.transport.is_closing():  # a client that closes gets the seconds to read why
                self.transport.pause_reading()
        return not self._is_deaf

    def handle_connect(self, event: Request) -> None:
        """Put ourselves into the scope that the application gets."""
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = self
            self._serves = True

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        """The application has left the connection."""
        super().on_task_complete(task)
        self._serves = False
        self._take_apart()

    async def send(self, message: Any) -> None:
        """As uvicorn does. An answer in place of the upgrade completes the handshake, which uvicorn does not note and would complain of."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True
        if message["type"] == "websocket.accept":
            self.request = self.response = None  # type: ignore[assignment] # of the handshake; they would stay as long as the connection

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, however it ended."""
        super().connection_lost(exc)
        self._unparsed = NOTHING
        if self.on_lost is not None:
            self.on_lost()
        self._take_apart()

    def _take_apart(self) -> None:
        """Cut what refers to this object from within, once neither side has the connection: it is freed at once, without the garbage collector."""
        if self.disconnected and not self._serves:
            self.conn.parser.close()
            if (scope := getattr(self, "scope", None)) is not None:
                scope["extensions"].pop(EXTENSION, None)
            self.on_drained = self.on_lost = None

    def schedule_ping(self) -> None:
        """As uvicorn does, but with the first ping at a random moment, so that a thousand clients are not asked at once."""
        if self.last_ping_rtt == 0.0 and self.ping_interval and self.ping_sent_at == 0.0:
            self.ping_timer = self.loop.call_later(random.uniform(0, self.ping_interval), self.send_keepalive_ping)
        else:
            super().schedule_ping()

    def resume_writing(self) -> None:
        """The client has caught up with reading."""
        super().resume_writing()
        if self.on_drained is not None:
            self.on_drained()

    @property
    def is_head_too_large(self) -> bool:
        """Whether the head of the handshake could not be read for its size."""
        error = self.conn.handshake_exc
        return isinstance(error, SecurityError) or (error is not None and isinstance(error.__cause__, SecurityError))

    @property
    def may_write(self) -> bool:
        """False while the client reads too slowly, and once the connection closes."""
        return self.writable.is_set() and not (self.close_sent or self.disconnected or self.transport.is_closing())  # is_over, at once

    @property
    def is_over(self) -> bool:
        """Whether nothing can be written any more."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    @property
    def cause(self) -> int:
        """The close code that this side sent of its own accord; 0 when the client left or vanished."""
        sent = self.conn.close_sent
        return self._ended_with or (sent.code if sent is not None and not self.conn.close_rcvd_then_sent else 0)

    @property
    def unsent(self) -> int:
        """Bytes that wait in the transport."""
        return self.transport.get_write_buffer_size()

    def write_frame(self, frame: bytes) -> None:
        """Write a whole frame (see `text_frame`)."""
        self.transport.write(frame)

    def end(self, code: int, reason: str) -> None:
        """Close with a code, now, also towards a client that reads nothing: what is unsent gets `LAST_WORDS` seconds, then the connection is cut.

        The application's `receive` gets its `websocket.disconnect`.
        """
        if self.is_over or not self.handshake_complete:
            return
        self._ended_with = code
        self.stop_keepalive()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LAST_WORDS, self.transport.abort)
        self._parse()  # the client's close may be among what waits


def text_frame(payload: bytes) -> bytes:
    """A WebSocket text frame as a server sends it: final, unmasked (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload
