"""One client's send queue, bounded in bytes. Messages that wait together go out together, in one frame."""

import asyncio
import math
from collections.abc import Callable
from operator import is_not

from echoes.web.protocol import WireProtocol, text_frame

LARGEST_FRAME = 64 * 1024
"""Several messages share a frame up to about this size."""
WINDOW = 0.02
AT_ONCE = 256
"""Frames that a worker writes at once within `WINDOW` seconds. Under more load messages wait for the end of the window and share frames."""


class Flusher:
    """Writes out, once in each turn of the event loop, what the writers have collected during it; one frame serves all who get the same.

    A write costs more than all else that a delivery needs. Where very many are due, those of `window` seconds are written together.
    """

    def __init__(self, *, window: float = WINDOW, at_once: int = AT_ONCE) -> None:
        self._window = window
        self._at_once = at_once
        self._until = -math.inf
        """When the present window ends, on the event loop's clock."""
        self._written = 0
        """Frames written in the present window."""
        self._waiting: list[ClientWriter] = []
        self._payload = b""
        self._frame = b""
        self._payloads: list[bytes] = []
        self._joined = b""

    def expect(self, writer: "ClientWriter") -> None:
        """Flush this writer at the end of the turn, or under load at the end of the window."""
        if not self._waiting:
            loop = asyncio.get_running_loop()
            if self._written >= self._at_once and loop.time() < self._until:
                loop.call_at(self._until, self._flush, loop)
            else:
                loop.call_soon(self._flush, loop)
        self._waiting.append(writer)

    def frame_of(self, payload: bytes) -> bytes:
        """The frame of a payload; the last one is kept, since a whole room asks for it."""
        if payload is not self._payload:
            self._payload, self._frame = payload, text_frame(payload)
        return self._frame

    def frame_of_several(self, payloads: list[bytes]) -> bytes:
        """One frame for payloads that wait together; the last one is kept, since those who listen to the same room wait for the same."""
        if len(payloads) != len(self._payloads) or any(map(is_not, payloads, self._payloads)):
            self._payloads, self._joined = payloads, text_frame(b"\n".join(payloads))
        return self._joined

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        if now >= self._until:
            self._until, self._written = now + self._window, 0
        waiting, self._waiting = self._waiting, []
        self._written += len(waiting)
        for writer in waiting:
            writer.flush()
        self._payload = self._frame = self._joined = b""
        self._payloads = []


class ClientWriter:
    """Bounded: a client with more than `limit` unsent bytes is given up by calling `on_overflow`, once; nothing is dropped silently."""

    __slots__ = ("_flusher", "_limit", "_on_overflow", "_pending", "_size", "_wire", "closed")

    def __init__(self, wire: WireProtocol, flusher: Flusher, *, limit: int, on_overflow: Callable[[], None]) -> None:
        self._wire = wire
        self._flusher = flusher
        self._limit = limit
        self._on_overflow = on_overflow
        self._pending: list[bytes] = []
        self._size = 0
        self.closed = False
        wire.on_drained = self.flush

    @property
    def unsent(self) -> int:
        """Bytes that wait, here and in the transport."""
        return self._size + self._wire.unsent

    def send(self, payload: bytes) -> None:
        """Send one JSON object. Never blocks; order is kept."""
        if self.closed:
            return
        self._size += len(payload)
        self._pending.append(payload)
        if len(self._pending) == 1:
            self._flusher.expect(self)
        elif self._size > self._limit:
            self._overflow()

    def flush(self) -> None:
        """Write what waits. While the client reads too slowly, it waits on."""
        if not self._pending or self.closed:
            return
        wire = self._wire
        if not wire.may_write:
            if self._size + wire.unsent > self._limit:
                self._overflow()
            return
        pending, self._pending = self._pending, []
        size, self._size = self._size, 0
        if len(pending) == 1:
            wire.write_frame(self._flusher.frame_of(pending[0]))
        elif size <= LARGEST_FRAME:
            wire.write_frame(self._flusher.frame_of_several(pending))
        else:
            for payload in pending:
                wire.write_frame(text_frame(payload))
        if wire.unsent > self._limit:
            self._overflow()

    def close(self) -> None:
        """Send what waits, if the client takes it, and nothing more."""
        self.flush()
        self._shut()

    def _overflow(self) -> None:
        self._shut()
        self._on_overflow()

    def _shut(self) -> None:
        self.closed = True
        self._pending.clear()
        self._size = 0
