"""The clients of socket.io and of this server: their handshakes and their messages, in frames."""

import json
from typing import Any

from fanout.wire import Connection, frame


class SocketIo(Connection):
    """Engine.IO 4 over WebSocket alone, the default namespace, no acknowledgements."""

    def path(self) -> str:
        """Of the upgrade request."""
        return "/socket.io/?EIO=4&transport=websocket"

    def began(self) -> None:
        """The server speaks first."""

    def control(self, payload: bytes) -> None:
        """Open, connect, join, ping."""
        if payload.startswith(b"0"):
            self.transport.write(frame(b"40"))
        elif payload.startswith(b"40"):
            self.transport.write(frame(b'42["join",%d]' % self.room))
        elif payload.startswith(b'42["joined"'):
            self.may_speak()
        elif payload == b"2":
            self.transport.write(frame(b"3"))

    def spoken(self, text: bytes) -> bytes:
        """An event with the room and the text."""
        return frame(b'42["say",%d,"%s"]' % (self.room, text))


class Memory:
    """State of a client of this server over its connections: its id, its numbers, its positions, and what is unanswered."""

    def __init__(self, number: int) -> None:
        self.client = f"bench-client-{number:06}"
        self.sent = 0
        self.positions: dict[str, Any] = {}
        self.unanswered: dict[int, bytes] = {}
        self.gaps = 0
        """How often the server had to send a snapshot in the place of what was missed."""


class Echoes(Connection):
    """This server: a token signed for the benchmark, and the commands of a player. The text stands twice in each event, once in a reply."""

    token = ""
    memory: Memory
    comes_back = False
    """Whether it resumes, and so has to read what it gets: the other scenarios look at marks alone."""

    def path(self) -> str:
        """Of the upgrade request."""
        return "/ws/game"

    def began(self) -> None:
        """Say hello."""
        hello = {"type": "hello", "token": self.token, "client": self.memory.client, "resume": self.memory.positions}
        self.transport.write(frame(json.dumps(hello).encode()))

    def control(self, payload: bytes) -> None:
        """The welcome names the worker and the positions; what is unanswered is sent again under its number."""
        if self.opened.done():
            return
        for line in payload.split(b"\n"):
            message = json.loads(line)
            if message["type"] == "welcome":
                self.worker = message["worker_id"]
                if self.memory.positions and not message["recovered"]:
                    self.memory.gaps += 1
                self.memory.positions = message["positions"]
                self.may_speak()
                for unanswered in list(self.memory.unanswered.values()):
                    self.transport.write(unanswered)

    def spoken(self, text: bytes) -> bytes:
        """A `say`."""
        self.memory.sent += 1
        said = frame(b'{"type":"say","id":%d,"text":"%s"}' % (self.memory.sent, text))
        if self.comes_back:
            self.memory.unanswered[self.memory.sent] = said
        return said

    def _message(self, payload: bytes) -> None:
        if self.comes_back:
            self._read(payload)
            return
        marks = payload.split(b"~")[1::2]
        if not marks or not self.opened.done():
            self.control(payload)
            return
        own = b"%d.%d." % (self.room, self.number)
        others = [mark for mark in marks if not mark.startswith(own)]
        try:
            for mark in others[::2]:
                self.heard(self, mark)
        except ValueError as error:
            raise ValueError(f"{error}, in {payload!r}") from error

    def _read(self, payload: bytes) -> None:
        for line in payload.split(b"\n"):
            message = json.loads(line)
            if message["type"] == "welcome":
                self.control(line)
            elif message["type"] == "reply":
                self.memory.unanswered.pop(message["id"], None)
            elif "channel" in message:
                self.memory.positions[message["channel"]] = {"epoch": message["epoch"], "offset": message["offset"]}
                if message["type"] == "chat":
                    self.heard(self, message["data"]["text"].split("~")[1].encode())
