"""A client of the game for tests and for load: it speaks the WebSocket protocol as the page does.

`Client.live` keeps it connected: after a loss it comes back, resumes from its positions and sends again what is unanswered, under the same
numbers. `Client.connect` makes one connection and leaves the rest to the caller. `echoes.testing.http_client` has the sign-in.
"""

import asyncio
import contextlib
import json
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed, InvalidHandshake

OUT_OF_REACH = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)
"""How an attempt to connect, or a connection, fails."""
FINAL = 4500
"""From this close code on a client does not come back by itself."""
FLOOD, FLOOD_PAUSE = 4009, 5.0
"""The close code for too many commands, and the seconds that it adds to the pause before a reconnect."""
LOCATIONS = 8
"""Locations whose positions a client remembers: the present one, and the last ones that it left."""
KEPT = 256
"""Replies, and events that came twice, that a client keeps: the newest."""

Found = TypeVar("Found")
Message = dict[str, Any]
"""A message of the server, decoded from JSON."""


class Client:
    """One client of one character. Its command numbers and its positions outlive its connections.

    Subclasses override `received`, which gets every decoded message.
    """

    patience = 10.0
    """Seconds that opening a connection may take, and then the welcome."""
    replies_kept = KEPT

    def __init__(self, urls: Sequence[str], token: str = "", client: str = "") -> None:
        self.urls = urls
        """WebSocket addresses of the servers."""
        self.token = token
        self.client = client or secrets.token_hex(8)
        self.number = 0
        """The number of the last command."""
        self.unanswered: dict[int, Message] = {}
        self.replies: dict[int, Message] = {}
        self.positions: dict[str, Message] = {}
        """The last position in each channel, as in `resume` of a hello."""
        self.repeated: deque[str] = deque(maxlen=KEPT)
        """Events at a position that this client already had: channel and offset. A server that keeps its promises leaves it empty."""
        self.welcome: Message = {}
        """The welcome of the connection, empty before it has come."""
        self.connected = False
        """Whether the connection has been welcomed and is open."""
        self.closed: int | None = None
        """The close code of the last connection; None while it is open."""
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._living = False
        self._due = 0.0
        self._changed = asyncio.Event()
        self._order = asyncio.Lock()

    @property
    def wants_in(self) -> bool:
        """Whether `live` reconnects. By default: unless the last close code was final."""
        return self.closed is None or self.closed < FINAL

    def address(self) -> str:
        """Return the address of the next connection: one of the servers at random."""
        return random.choice(self.urls)

    async def live(self) -> None:
        """Reconnect until `wants_in` is false, with full jitter in between."""
        attempt = 0
        self._living = True
        try:
            while self.wants_in:  # a closing socket may turn a cancellation into another error
                self.welcome = {}
                with contextlib.suppress(*OUT_OF_REACH):
                    async with self._dial() as socket:
                        await self.converse(socket)
                attempt = 0 if self.welcome else attempt + 1
                if self.wants_in:
                    await asyncio.sleep(self._pause(attempt))
        finally:
            self._living = False
            self._changed.set()

    async def connect(self, *, resume: bool = False) -> Message:
        """Make one connection; return its welcome, or {} when the server closed it before."""
        socket = await self.open()
        await socket.send(self.hello(resume=resume))
        await self.until(lambda: self.welcome or self.closed)
        return self.welcome

    async def open(self) -> ClientConnection:
        """Open one connection, send nothing yet, and read it in a task until it closes."""
        self._begin(socket := await self._dial())
        self._reader = asyncio.create_task(self._read_quietly(socket), name=f"client {self.client}")
        return socket

    async def leave(self, code: int = 1000) -> None:
        """Close the connection with a code, as a browser does."""
        if self._socket is not None:
            await self._socket.close(code)

    async def disconnect(self) -> None:
        """Cut the connection, without a closing handshake."""
        if self._socket is not None:
            self._socket.transport.abort()
            if self._reader is not None:
                await asyncio.wait([self._reader])
            await self._socket.wait_closed()
            self._socket = None

    async def converse(self, socket: ClientConnection) -> None:
        """Say hello on a new connection and read until it closes. A connection without a welcome is cut after `patience`."""
        self._begin(socket)
        abort = socket.transport.abort
        watch = asyncio.get_running_loop().call_later(self.patience, lambda: None if self.connected else abort())
        try:
            await self._read(socket, self.hello(resume=True))
        finally:
            watch.cancel()

    def hello(self, *, resume: bool) -> str:
        """Return the first frame of a connection."""
        return json.dumps({"type": "hello", "token": self.token, "client": self.client, "resume": self.positions if resume else {}})

    async def send(self, **command: Any) -> int:
        """Give a command the next number and send it, now or after the reconnect; do not wait. Returns the number."""
        async with self._order:
            self.number += 1
            command["id"] = self.number
            await self._transmit(command)
        return int(command["id"])

    async def send_as(self, number: int, **command: Any) -> None:
        """Send a command under a number that was used already."""
        async with self._order:
            await self._transmit({**command, "id": number})

    async def send_again(self) -> None:
        """Send the unanswered commands once more, in order, under the same numbers."""
        async with self._order:  # a new command comes after them
            self.connected = bool(self.welcome) and self.closed is None
            for number in sorted(self.unanswered):
                if number in self.unanswered:
                    await self._transmit(self.unanswered[number])

    async def reply(self, number: int, *, within: float | None = 10.0) -> Message:
        """Wait for the reply to a number. {"closed": code} when the connection has closed and no `live` opens another."""
        return await self.until(
            lambda: self.replies.get(number) or ({"closed": self.closed} if self.closed and not self._living else None), within=within
        )

    async def do(self, **command: Any) -> Message:
        """Send a command and wait for its `reply`."""
        return await self.reply(await self.send(**command))

    async def until(self, condition: Callable[[], Found | None], within: float | None = 10.0) -> Found:
        """Wait until a condition on this client holds and return its value; `TimeoutError` after `within` seconds (None: no limit)."""
        async with asyncio.timeout(within):
            while not (found := condition()):
                self._changed.clear()
                await self._changed.wait()
            return found

    def received(self, message: Message) -> None:
        """Take a message, after the client has taken note of its positions and its number. For subclasses."""

    def receive(self, line: str) -> None:
        """Decode a line of a frame and take note of it."""
        message: Message = json.loads(line)
        match message["type"]:
            case "welcome":
                self.welcome, self.positions = message, message["positions"]
            case "snapshot":
                self.follow(message["positions"])
            case "reply":
                self.unanswered.pop(message["id"], None)
                self.replies[message["id"]] = message
                if len(self.replies) > self.replies_kept:
                    del self.replies[next(iter(self.replies))]
            case "reconnect":
                self._due = time.monotonic() + message["after_ms"] / 1000
            case _:
                self.note(message["channel"], message["epoch"], message["offset"])
                if "positions" in message["data"]:  # in a new room; a move that is replayed after a reconnect has none
                    self.follow(message["data"]["positions"])
        self.received(message)

    def note(self, channel: str, epoch: str, offset: int) -> None:
        """Take note of an event's position."""
        known = self.positions.get(channel)
        if known is not None and known["epoch"] == epoch and offset <= known["offset"]:
            self.repeated.append(f"{channel} {offset}")
        self.positions[channel] = {"epoch": epoch, "offset": offset}

    def follow(self, positions: dict[str, Message]) -> None:
        """Continue these channels at these positions. The last locations that were left are remembered.

        The character may be back in one of them when a lost connection returns: what was received there does not come again then.
        """
        self.positions = {channel: at for channel, at in self.positions.items() if channel not in positions} | positions
        for channel in [one for one in self.positions if one.startswith("location:")][:-LOCATIONS]:
            del self.positions[channel]

    def _dial(self) -> dial:
        return dial(self.address(), compression=None, max_queue=None, ping_interval=None, close_timeout=1, open_timeout=self.patience)

    def _pause(self, attempt: int) -> float:
        asked, self._due = self._due - time.monotonic(), 0.0
        return asked if asked > 0 else random.uniform(0, 0.5 * 2 ** min(attempt, 4)) + (FLOOD_PAUSE if self.closed == FLOOD else 0)

    def _begin(self, socket: ClientConnection) -> None:
        self._socket, self.closed, self.welcome, self.connected = socket, None, {}, False

    async def _read_quietly(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):  # `closed` has the code
            await self._read(socket)

    async def _read(self, socket: ClientConnection, first: str = "") -> None:
        try:
            if first:
                await socket.send(first)
            async for frame in socket:
                for line in str(frame).split("\n"):
                    self.receive(line)
                if self.welcome and not self.connected and self._socket is socket:
                    if self._living:
                        await self.send_again()
                    self.connected = True
                self._changed.set()
        finally:
            if self._socket is socket:
                self.connected, self.closed = False, socket.close_code or 1006
                self._changed.set()

    async def _transmit(self, command: Message) -> None:
        self.unanswered[command["id"]] = command
        self.replies.pop(command["id"], None)
        if self.connected and self._socket is not None:
            with contextlib.suppress(ConnectionClosed, OSError):  # it stays unanswered
                await self._socket.send(json.dumps(command))
