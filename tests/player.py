"""A player as a client sees it: commands with growing numbers, positions, everything received kept in order."""

import secrets

from echoes.testing.client import Client, Message
from echoes.testing.http_client import sign_in

OPEN: "list[Player]" = []
"""Players whose connections the end of a test closes."""


def a_name() -> str:
    """A name that no player has."""
    return "".join(secrets.choice("abcdefghknpqrstuvz") for _ in range(12)).capitalize()


class Player(Client):
    """One character, one client id. `connect(resume=True)` resumes from the positions seen, and `send_again` repeats what is unanswered."""

    replies_kept = 10**6  # tests look at any of them

    def __init__(self, server) -> None:
        super().__init__([server.websocket])
        self.server = server
        self.name = a_name()
        self.events: list[dict] = []
        OPEN.append(self)

    @classmethod
    async def join(cls, server, **kwargs) -> "Player":
        """Register, make a character, and enter the game."""
        player = cls(server)
        await player.register()
        await player.connect(**kwargs)
        return player

    def address(self) -> str:
        """Where its server listens: a test may move it to another one."""
        return self.server.websocket

    async def register(self) -> None:
        """Make an account and a character, and fetch its token."""
        signed_in = await sign_in(self.server.url, self.name, "a long password")
        self.account = {"authorization": f"Bearer {signed_in.account}"}
        self.id, self.token = signed_in.character, signed_in.token

    async def type(self, line: str) -> dict:
        """Type a line."""
        return await self.do(type="line", text=line)

    async def raw(self, text: str | bytes) -> None:
        """Send a frame as it is."""
        await self._socket.send(text)

    async def until(self, condition, within: float | None = 10.0):
        """Wait until a condition on this player holds. No event may have come twice."""
        found = await super().until(condition, within)
        assert not self.repeated, self.repeated
        return found

    async def sees(self, action: str, within: float = 10.0) -> dict:
        """Wait for an event with this action (or chat kind) and answer its data."""
        return await self.until(
            lambda: next((one["data"] for one in self.events if action in {one["data"].get("action"), one["data"].get("kind")}), None),
            within,
        )

    def heard(self, text: str) -> int:
        """How often a text came in chat."""
        return sum(one["type"] == "chat" and one["data"]["text"] == text for one in self.events)

    def received(self, message: Message) -> None:
        """Keep what is no answer. A snapshot and a request to reconnect look like events with that action."""
        match message["type"]:
            case "welcome" | "reply":
                pass
            case "snapshot" | "reconnect" as kind:
                self.events.append({**message, "data": {"action": kind}})
            case _:
                self.events.append(message)
