"""One client's send queue, bounded in bytes. Messages that wait together go out together, in one frame."""

import asyncio
from collections.abc import Callable

from echoes.web.protocol import WireProtocol, text_frame

LARGEST_FRAME = 64 * 1024
"""Several messages share a frame up to about this size."""


class Flusher:
    """Writes out, once in each turn of the event loop, what the writers have collected during it; one frame serves all who get the same."""

    def __init__(self) -> None:
        self._waiting: list[ClientWriter] = []
        self._payload = b""
        self._frame = b""

    def expect(self, writer: "ClientWriter") -> None:
        """Flush this writer at the end of the turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(writer)

    def frame_of(self, payload: bytes) -> bytes:
        """The frame of a payload; the last one is kept, since a whole room asks for it."""
        if payload is not self._payload:
            self._payload, self._frame = payload, text_frame(payload)
        return self._frame

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for writer in waiting:
            writer.flush()
        self._payload = self._frame = b""


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
            wire.write_frame(text_frame(b"\n".join(pending)))
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
