"""A player as a client sees it: commands with growing numbers, positions, everything received kept in order."""

import asyncio
import contextlib
import json
import secrets

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

OPEN: "list[Player]" = []
"""Players whose connections the end of a test closes."""


def a_name() -> str:
    """A name that nobody has."""
    return "".join(secrets.choice("abcdefghknpqrstuvz") for _ in range(12)).capitalize()


class Player:
    """One character, one client id. `reconnect` resumes from the positions seen, and `send_again` repeats what is unanswered."""

    def __init__(self, server) -> None:
        self.server = server
        self.client = secrets.token_hex(8)
        self.name = a_name()
        self.number = 0
        self.replies: dict[int, dict] = {}
        self.unanswered: dict[int, dict] = {}
        self.events: list[dict] = []
        self.positions: dict[str, dict] = {}
        self.welcome: dict = {}
        self.closed: int | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task | None = None
        self._changed = asyncio.Event()
        OPEN.append(self)

    @classmethod
    async def join(cls, server, **kwargs) -> "Player":
        """Register, make a character, and enter the game."""
        player = cls(server)
        await player.register()
        await player.connect(**kwargs)
        return player

    async def register(self) -> None:
        """Make an account and a character, and fetch its token."""
        async with httpx.AsyncClient(base_url=self.server.url) as http:
            made = await http.post("/api/auth/register", json={"username": self.name, "password": "a long password"})
            assert made.status_code == 201, made.text
            self.account = {"authorization": f"Bearer {made.json()['access_token']}"}
            made = await http.post("/api/characters", json={"name": self.name}, headers=self.account)
            assert made.status_code == 201, made.text
            self.id = made.json()["id"]
            made = await http.post(f"/api/characters/{self.id}/token", headers=self.account)
            self.token = made.json()["access_token"]

    async def connect(self, *, resume: bool = False) -> dict:
        """Say hello; answers the welcome."""
        await self.open()
        hello = {"type": "hello", "token": self.token, "client": self.client, "resume": self.positions if resume else {}}
        self.welcome = {}
        await self._socket.send(json.dumps(hello))
        await self.until(lambda: self.welcome or self.closed)
        return self.welcome

    async def open(self) -> None:
        """Open a connection, and say nothing yet."""
        self.closed = None
        self._socket = await connect(self.server.websocket, compression=None, max_queue=None, ping_interval=None)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def leave(self, code: int = 1000) -> None:
        """Close the connection with a code, as a browser does."""
        await self._socket.close(code)

    async def disconnect(self) -> None:
        """Cut the connection, without a goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()
            if self._reader is not None:
                await asyncio.wait([self._reader])
            await self._socket.wait_closed()
            self._socket = None

    async def send(self, **command) -> int:
        """Send a command and do not wait; answers its number."""
        self.number += 1
        command["id"] = self.number
        self.unanswered[self.number] = command
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(command))
        return self.number

    async def send_again(self) -> None:
        """Repeat, in order, whatever has not been answered."""
        for number in sorted(self.unanswered):
            await self._socket.send(json.dumps(self.unanswered[number]))

    async def do(self, **command) -> dict:
        """Send a command and wait for its reply."""
        number = await self.send(**command)
        return await self.until(lambda: self.replies.get(number) or (self.closed and {"closed": self.closed}))

    async def type(self, line: str) -> dict:
        """Type a line."""
        return await self.do(type="line", text=line)

    async def raw(self, text: str | bytes) -> None:
        """Send a frame as it is."""
        await self._socket.send(text)

    async def until(self, condition, within: float = 10.0):
        """Wait until a condition on this player holds."""
        async with asyncio.timeout(within):
            while not (found := condition()):
                self._changed.clear()
                await self._changed.wait()
            return found

    async def sees(self, action: str, within: float = 10.0) -> dict:
        """Wait for an event with this action (or chat kind) and answer its data."""
        return await self.until(
            lambda: next((one["data"] for one in self.events if action in {one["data"].get("action"), one["data"].get("kind")}), None),
            within,
        )

    def heard(self, text: str) -> int:
        """How often a text was heard in chat."""
        return sum(one["type"] == "chat" and one["data"]["text"] == text for one in self.events)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                for line in frame.split("\n"):
                    self._take(json.loads(line))
                self._changed.set()
        except (ConnectionClosed, OSError):
            pass  # how it ended is told by the close code
        self.closed = socket.close_code or 1006
        self._changed.set()

    def _take(self, message: dict) -> None:
        match message["type"]:
            case "welcome":
                self.welcome = message
                self.positions = message["positions"]
            case "snapshot":
                self.events.append({**message, "data": {"action": "snapshot"}})
                self.positions |= message["positions"]
            case "reply":
                self.unanswered.pop(message["id"], None)
                self.replies[message["id"]] = message
            case "reconnect":
                self.events.append({**message, "data": {"action": "reconnect"}})
            case _:
                known = self.positions.get(message["channel"])
                position = {"epoch": message["epoch"], "offset": message["offset"]}
                assert known is None or known["epoch"] != position["epoch"] or known["offset"] < position["offset"], f"repeated: {message}"
                self.positions[message["channel"]] = position
                if "positions" in message["data"]:  # seated in a new room; a move replayed after a return has none
                    self.positions = {key: at for key, at in self.positions.items() if not key.startswith("location:")} | message["data"][
                        "positions"
                    ]
                self.events.append(message)
