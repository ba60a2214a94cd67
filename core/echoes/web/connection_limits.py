"""uvicorn's HTTP protocol with limits: connections, seconds for a request, size of its head.

The clock here does not watch a connection that was upgraded to a WebSocket: `hello` and pings have their own deadlines. The connection still
counts. Tied to uvicorn's `httptools` implementation; `tests/web/test_connection_limits.py` holds the ties.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from echoes.open_files import RESERVE, places
from echoes.settings import Settings
from echoes.web.addresses import Addresses, household
from echoes.web.protocol import WireProtocol
from echoes.web.rejections import turned_away
from echoes.wire import ErrorView

log = structlog.get_logger()
LARGEST_HEAD = 32 * 1024
"""Bytes of a request's line and headers."""
SLICE = 1024
"""Bytes that are parsed at a time. Requests in them that follow each other wait, and nothing more is parsed until the last has its turn."""
NOTHING = memoryview(b"")
"""Bytes that wait are views: to take a slice copies nothing of the rest."""
OPERATORS = 50
"""Connections of operators at a port of their own. They count apart: a crowd of players keeps no operator out."""
COME_BACK = 5
"""Seconds after which the same may succeed."""
INSIDE = ("/health/", "/metrics")


class Refusal(Struct, frozen=True):
    """Why a connection gets no other answer."""

    status: int
    reason: str
    """As `turned_away` knows it; empty where nothing is counted."""
    error: ErrorView

    def answer(self) -> bytes:
        """The whole of a response."""
        body = msgspec.json.encode(self.error)
        later = f"retry-after: {COME_BACK}\r\n" if self.status in {429, 503} else ""
        head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{later}connection: close\r\n\r\n"
        return STATUS_LINE[self.status] + head.encode() + body


FULL = Refusal(503, "full", ErrorView("full", "The city is full.", "Wait a moment, then try again."))
TOO_MANY = Refusal(
    429, "address", ErrorView("too_many_connections", "Your address has too many connections open.", "Close some, then try again.")
)
TOO_LARGE = Refusal(
    431, "large", ErrorView("too_large", f"The head of a request has {LARGEST_HEAD // 1024} KiB at most.", "Send fewer headers.")
)

LONG_HANDSHAKE = Refusal(
    431,
    "large",
    ErrorView("too_large", "A header of a WebSocket has 8 KiB at most, and there are at most 128.", "Remove cookies of this host."),
)
NO_HANDSHAKE = Refusal(400, "", ErrorView("bad_request", "That is no WebSocket handshake.", "Send a GET without a body (RFC 6455)."))


class ConnectionLimits:
    """The limits and counts that all connections of a worker share."""

    def __init__(self, settings: Settings, addresses: Addresses, ops_port: int | None = None) -> None:
        self.ops_port = ops_port
        self.operators = 0
        """Open connections at the operators' own port."""
        self.most = places(settings.connections)
        self.most_of_one = settings.connections_per_address
        self.patience = settings.request_timeout
        self.addresses = addresses
        self.of_one: Counter[str] = Counter()
        """Open connections by peer; trusted proxies are not counted: whom they ask for is (`echoes.web.admission`)."""

    def let_go(self, peer: str) -> None:
        """A connection of this peer has ended."""
        self.of_one[peer] -= 1
        if not self.of_one[peer]:
            del self.of_one[peer]

    def let_operator_go(self) -> None:
        """A connection at the operators' own port has ended."""
        self.operators -= 1

    def protocol(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None
    ) -> "LimitedProtocol":
        """A new connection's protocol, as uvicorn asks for it."""
        return LimitedProtocol(self, config, server_state, app_state, _loop)


class HoldingFlow(FlowControl):
    """Reads nothing more from a connection while bytes of it wait to be parsed. uvicorn would, with each request that is read or answered."""

    holds = False

    def resume_reading(self) -> None:
        """Read on, unless bytes wait."""
        if not self.holds:
            super().resume_reading()


class LimitedProtocol(HttpToolsProtocol):
    """One connection. A request must be whole within `ConnectionLimits.patience` seconds, and within each as many the client must take some of its answer."""

    def __init__(
        self,
        limits: ConnectionLimits,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._let_go: Callable[[], None] | None = None
        self._refusal: Refusal | None = None
        self._in_head = True
        self._whole = False
        self._head = self._fields = 0
        self._clock: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._unparsed = NOTHING

    # ── a connection's beginning and end ─────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection. Beyond the limit its request is refused with the reason; far beyond it the connection is cut."""
        super().connection_made(transport)
        self.flow = self._flow = HoldingFlow(transport)
        host, limits = self.client[0] if self.client else None, self._limits
        if limits.ops_port is not None and self.server is not None and self.server[1] == limits.ops_port:
            self._let_go = limits.let_operator_go
            limits.operators += 1
            over, over_of_one = limits.operators - OPERATORS, 0
        else:
            peer = "" if limits.addresses.trusts(host) else household(str(host))
            if peer:
                self._let_go = partial(limits.let_go, peer)
                limits.of_one[peer] += 1
            over = len(self.connections) - limits.operators - limits.most
            over_of_one = limits.of_one[peer] - limits.most_of_one
        if over > RESERVE or over_of_one > RESERVE:
            turned_away("full" if over > 0 else "address", peer=host)
            transport.abort()
            return
        if over > 0:
            self._refusal = FULL
        elif over_of_one > 0:
            self._refusal = TOO_MANY
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It ended before it became a WebSocket, or never was to be one."""
        self._stop_watching()
        if self._let_go is not None:
            self._let_go()
        super().connection_lost(exc)
        self._unparsed = NOTHING
        self.pipeline.clear()  # the requests that wait refer to this protocol
        self.parser = None  # type: ignore[assignment] # the parser and this protocol refer to each other

    def handle_websocket_upgrade(self) -> None:
        """From here on it is a WebSocket's, and this protocol is freed."""
        if self._refusal is not None:
            self._turn_away()
            return
        self._stop_watching()
        self._unparsed = NOTHING
        super().handle_websocket_upgrade()
        successor = self.transport.get_protocol()
        if isinstance(successor, WireProtocol):
            successor.on_lost = self._let_go
            self.parser = None  # type: ignore[assignment] # as in `connection_lost`
            if not successor.handshake_initiated:  # uvicorn would answer nothing, and no clock runs any more
                self._refusal = LONG_HANDSHAKE if successor.is_head_too_large else NO_HANDSHAKE
                self._turn_away()

    # ── a request ────────────────────────────────────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        """Read on, unless requests wait for their turn, or the head of one is without end."""
        self._unparsed = memoryview(b"".join((self._unparsed, data)) if self._unparsed else data)
        self._parse()

    def on_response_complete(self) -> None:
        """The next request has its turn."""
        super().on_response_complete()
        self._parse()
        if not self.transport.is_closing():
            self._flow.resume_reading()

    def _parse(self) -> None:
        while self._unparsed and not self.pipeline and not self.transport.is_closing():
            piece, self._unparsed = self._unparsed[:SLICE], self._unparsed[SLICE:]
            super().data_received(piece)  # type: ignore[arg-type] # the parser takes any buffer
            if self._in_head and not self.transport.is_closing():
                self._head += len(piece)
                if self._head > LARGEST_HEAD:
                    self._refusal = TOO_LARGE
                    self._turn_away()
        self._flow.holds = bool(self._unparsed or self.pipeline)
        if self._flow.holds and not self.transport.is_closing():
            self._flow.pause_reading()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._whole, self._head, self._fields = True, False, 0, 0
        self._watch()

    def on_url(self, url: bytes) -> None:
        """Count the bytes of the request's URL."""
        super().on_url(url)
        self._fields += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the bytes of one of the request's headers."""
        super().on_header(name, value)
        self._fields += len(name) + len(value) + 4

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._in_head = False
        if self._fields > LARGEST_HEAD:
            self._refusal = TOO_LARGE
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there: what remains is our answer, and that the client takes it."""
        super().on_message_complete()
        self._whole = True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._refusal is not None and not (self._refusal is FULL and cycle.scope["path"].startswith(INSIDE)):
            self._turn_away()
            return
        super()._start_asgi_task(cycle, app)

    # ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _watch(self) -> None:
        self._stop_watching()
        self._clock = self.loop.call_later(self._limits.patience, self._look)

    def _stop_watching(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _look(self) -> None:
        """Cut a client that sends no whole request, or that takes nothing of an answer. uvicorn closes idle connections after an answer."""
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        if (not self._whole and not self.transport.is_closing()) or unsent >= before > 0:
            turned_away("slow", peer=self.client[0] if self.client else "")
            self.transport.abort()
            return
        self._watch()

    # ── answers without the application ──────────────────────────────────────────────────────────────────────────────

    def _turn_away(self) -> None:
        assert self._refusal is not None  # noqa: S101 - the callers have looked
        if self._refusal.reason:
            turned_away(self._refusal.reason, peer=self.client[0] if self.client else "")
        self.transport.write(self._refusal.answer())
        self.transport.close()
