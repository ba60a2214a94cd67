"""The generator's side of one WebSocket: raw frames over an asyncio transport, with the least Python for each message.

A mark in a message, between two `~`, has room, sender, number and microseconds, with dots between them. The generator finds these marks in the
bytes that arrive and parses nothing else, so its own cost does not depend on the server. Frames are cut by RFC 6455: a ping is answered, and a server's frame is never masked.
"""

import asyncio
import base64
import os
import time
from collections.abc import Callable
from typing import cast

Heard = Callable[["Connection", bytes], None]
"""Called with a mark."""
TEXT, CLOSE, PING = 1, 8, 9


def now() -> int:
    """Microseconds of a clock that all processes of this machine share."""
    return time.monotonic_ns() // 1000


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame. The mask is zero: a server must unmask, and the bytes stay as they are."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


class Connection(asyncio.Protocol):
    """One client. `opened` is set when it may speak."""

    transport: asyncio.Transport

    copies = 1
    """How often a server puts each mark into one message."""

    def __init__(self, number: int, room: int, heard: Heard) -> None:
        self.number, self.room, self.heard = number, room, heard
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False
        self.worker = ""
        self._buffer = b""
        self._is_upgraded = False

    # ── what a kind of server adds ────────────────────────────────────────────

    def path(self) -> str:
        """Of the upgrade request."""
        return f"/ws?room={self.room}"

    def began(self) -> None:
        """The connection is upgraded."""
        self.may_speak()

    def control(self, payload: bytes) -> None:
        """A text frame that is no message of a room."""

    def spoken(self, text: bytes) -> bytes:
        """The frame that says a text in the room."""
        return frame(text)

    # ── the rest ──────────────────────────────────────────────────────────────

    def may_speak(self) -> None:
        """The client is in its room."""
        if not self.opened.done():
            self.opened.set_result(None)

    def say(self, text: bytes) -> None:
        """Say something."""
        self.transport.write(self.spoken(text))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast("asyncio.Transport", transport)
        host, port = transport.get_extra_info("peername")[:2]
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self.path()} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, _: Exception | None) -> None:
        """Remember it."""
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(f"connection {self.number} was closed before it could speak: {self._buffer[:200]!r}"))

    def data_received(self, data: bytes) -> None:
        """Cut frames, and hand their marks on."""
        buffer = self._buffer + data if self._buffer else data
        if not self._is_upgraded:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if b" 101 " not in head[:16]:
                self._buffer = head + buffer
                self.transport.abort()
                return
            self._is_upgraded = True
            self.began()
        at, length = 0, len(buffer)
        while length - at >= 2:
            first, size = buffer[at], buffer[at + 1]
            start = at + 2
            if size == 126:
                start += 2
                size = int.from_bytes(buffer[at + 2 : start], "big")
            elif size == 127:
                start += 8
                size = int.from_bytes(buffer[at + 2 : start], "big")
            end_ = start + size
            if end_ > length:
                break
            if first & 15 == TEXT:
                self._message(buffer[start:end_])
            elif first & 15 == PING:
                self.transport.write(frame(buffer[start:end_], 10))
            at = end_
        self._buffer = buffer[at:]

    def _message(self, payload: bytes) -> None:
        marks = payload.split(b"~")
        if len(marks) < 3:
            self.control(payload)
            return
        for mark in marks[1 :: 2 * self.copies]:
            self.heard(self, mark)
