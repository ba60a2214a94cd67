"""A channel in Redis: its names, the framing of its messages, and its two scripts.

A message is sent as `epoch:offset:size:` and then `size` bytes of tagged key and the payload. A tagged key is `=` and the publisher's key,
or `~` and one that the worker generated so that its message can be distinguished, too.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import structlog
from echoes.facilities.broadcast import Position
from msgspec import Struct

from echoes_redis.driver import Driver
from echoes_redis.errors import WrongType
from echoes_redis.keys import Pattern
from echoes_redis.script import Script
from echoes_redis.settings import RedisSettings

log = structlog.get_logger("echoes.redis")
PUBLISH = Script("channel_publish", library="channel", addressed=True, together=True)
READ = Script("channel_read", library="channel", addressed=True)
META_SECONDS = 86_400.0
"""Seconds for which an unused channel keeps its numbers. A subscriber renews that."""
REMEMBERED = 10_000
PATTERNS = (
    Pattern("channel:{{name}}:meta", "hash", True),
    Pattern("channel:{{name}}:history", "stream", True),
    Pattern("channel:{{name}}:keys", "hash", True),
    Pattern("channel:{{name}}:order", "list", True),
)
TYPES = {"meta": b"hash", "history": b"stream", "keys": b"hash", "order": b"list"}
KEYS_PER_MESSAGE, KEYS_AT_LEAST = 4, 256
"""Keys that are remembered for each message that history keeps, and the least of them."""


class Names(Struct, frozen=True):
    """The names of one channel. The braces are a hash tag: all its keys are in one slot."""

    wire: bytes
    meta: bytes
    history: bytes
    keys: bytes
    order: bytes
    limit: int
    """Messages that history keeps."""
    remembered: int
    """Keys that are remembered."""


class StoredMessage(Struct, frozen=True):
    """A message in history."""

    offset: int
    tag: bytes
    payload: bytes


class HistoryRead(Struct, frozen=True):
    """A read of history: continue behind `behind`; `sure` when the reader was exactly there."""

    position: Position
    behind: int = 0
    sure: bool = False
    entries: tuple[StoredMessage, ...] = ()

    @property
    def dense(self) -> bool:
        """Whether history reaches back to `behind`."""
        return len(self.entries) == self.position.offset - self.behind

    @property
    def whole(self) -> bool:
        """Whether nothing is missing between the reader's position and the top."""
        return self.sure and self.dense


class Store:
    """The scripts, called with their keys and arguments."""

    def __init__(self, driver: Driver, settings: RedisSettings, db: int = 0) -> None:
        self._driver = driver
        self._settings = settings
        self._wire_prefix = settings.prefix + (f"{db}:" if db else "")  # pub/sub names are shared by all databases
        self._names: dict[str, Names] = {}
        self._history_ms = round(settings.history_seconds * 1000)
        self._longest_ms = round(settings.key_seconds * 1000)
        self._floor = 0
        driver.prepare(PUBLISH, READ)

    def names(self, channel: str) -> Names:
        """Return a channel's names."""
        found = self._names.get(channel)
        if found is None:
            if len(self._names) >= REMEMBERED:
                self._names.clear()
            settings = self._settings
            key = f"{settings.prefix}channel:{{{quote(channel, safe=':-._~@+/', errors='surrogatepass')}}}:".encode()
            limit = settings.history_messages_player if channel.startswith("player:") else settings.history_messages
            wire = (self._wire_prefix + channel).encode(errors="surrogatepass")
            found = self._names[channel] = Names(
                wire, key + b"meta", key + b"history", key + b"keys", key + b"order", limit, max(KEYS_AT_LEAST, KEYS_PER_MESSAGE * limit)
            )
        return found

    def publishing(
        self, channel: str, tag: bytes, payload: bytes, key_seconds: float, *, again: bool = False
    ) -> tuple[list[bytes], list[Any]]:
        """Return KEYS and ARGV of `PUBLISH`, without those that the driver adds."""
        names = self.names(channel)
        keys = [names.meta, names.history, names.keys, names.order]
        key_ms, meta_ms = max(1, round(key_seconds * 1000)), round(META_SECONDS * 1000)
        args = (
            self._floor,
            names.wire,
            tag,
            payload,
            names.limit,
            self._history_ms,
            key_ms,
            meta_ms,
            names.remembered,
            int(again),
            self._longest_ms,
        )
        return keys, list(args)

    async def publish(self, channel: str, tag: bytes, payload: bytes, key_seconds: float) -> Position:
        """Publish; see `channel_publish.lua`."""
        try:
            answer = await self._driver.run(PUBLISH, *self.publishing(channel, tag, payload, key_seconds))
        except WrongType:
            await self._clear(channel)
            answer = await self._driver.run(PUBLISH, *self.publishing(channel, tag, payload, key_seconds))
        epoch, _, offset = answer.decode().partition(":")
        return self._at(epoch, offset)

    async def read(self, channel: str, been: Sequence[Position] = ()) -> HistoryRead:
        """Read; see `channel_read.lua`. Without `been` only the top."""
        answer = await self._read(channel, [part for position in been for part in (position.epoch, position.offset)])
        position = self._at(answer[0].decode(), answer[1])
        if not been:
            return HistoryRead(position)
        flat = answer[4]
        entries = tuple(StoredMessage(int(flat[i]), flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3))
        return HistoryRead(position, int(answer[2]), bool(answer[3]), entries)

    async def begin(self, channel: str) -> tuple[Position, list[bytes]]:
        """Return the channel's top, and the tagged keys of the messages that a worker may still publish again, newest first."""
        epoch, top, tags = await self._read(channel, [round(self._settings.journal_seconds * 1000)])
        return self._at(epoch.decode(), top), tags

    async def _read(self, channel: str, more: Sequence[Any]) -> list[Any]:
        names = self.names(channel)
        call = [names.meta, names.history], [self._floor, self._history_ms, round(META_SECONDS * 1000), *more]
        try:
            answer = await self._driver.run(READ, *call)
        except WrongType:
            await self._clear(channel)
            answer = await self._driver.run(READ, *call)
        return list(answer)

    def _at(self, epoch: str, offset: str | bytes) -> Position:
        self._floor = max(self._floor, int(epoch))
        return Position(epoch, int(offset))

    async def _clear(self, channel: str) -> None:
        """Remove foreign values from the channel's keys: the channel begins again, and subscribers get a gap."""
        names = self.names(channel)
        for part, key in (("meta", names.meta), ("history", names.history), ("keys", names.keys), ("order", names.order)):
            kind = await self._driver.call("TYPE", key)
            if kind not in {TYPES[part], b"none"}:
                log.error(
                    "broadcast.key_cleared",
                    channel=channel,
                    key=key.decode(errors="replace"),
                    type=kind.decode(),
                    expected=TYPES[part].decode(),
                )
                await self._driver.call("UNLINK", key)


def tag_of(key: str) -> bytes:
    """Return a publisher's key, tagged."""
    return b"=" + key.encode(errors="surrogatepass")


def key_of(tag: bytes) -> str:
    """Return the publisher's key; empty without one."""
    return tag[1:].decode(errors="surrogatepass") if tag[:1] == b"=" else ""


def unframed(frame: bytes) -> tuple[bytes, int, bytes, bytes]:
    """Return epoch, offset, tagged key and payload of a message on the wire. Raises `ValueError` for other data."""
    epoch, offset, size, rest = frame.split(b":", 3)
    end = int(size)
    if not 0 < end <= len(rest):
        raise ValueError("the key is cut off")
    return epoch, int(offset), rest[:end], rest[end:]
