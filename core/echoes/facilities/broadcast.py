"""Broadcast: publish, subscribe, history and recovery on named channels."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct


class Position(Struct, frozen=True):
    """A place in a channel: `offset` counts from 1 within an `epoch`; offset 0 is the beginning.

    The epoch changes whenever the store may have lost its tail. Offsets of different epochs cannot be compared.
    """

    epoch: str
    offset: int


class Message(Struct, frozen=True):
    """One message. `payload` is the very bytes that were published, `key` the publisher's key (empty without one)."""

    channel: str
    position: Position
    key: str
    payload: bytes


class Gap(Struct, frozen=True):
    """Sent to a subscriber in place of messages that history no longer holds. The messages after it continue at `position`."""

    channel: str
    position: Position


class History(Struct, frozen=True):
    """A read of history: `messages` in offset order, all those after the given position, and the channel's top.

    `complete` is False when the given position is of another epoch, lies above the top, or history no longer reaches back to it. Then
    `messages` is empty (recovery is never partial) and the caller needs a fresh snapshot.
    """

    messages: tuple[Message, ...]
    position: Position
    complete: bool


Sink = Callable[[Message | Gap], None]
"""Called for each message in offset order. It must not block, await or raise. An error from it is logged and has no other effect."""


class Subscription(Protocol):
    """A live subscription."""

    @property
    def channel(self) -> str:
        """The subscribed channel."""
        ...

    @property
    def position(self) -> Position:
        """The last message handed to the sink, or where the subscription began."""
        ...

    async def close(self) -> None:
        """End it: after this returns the sink is not called again. Idempotent."""
        ...


class Broadcast(Protocol):
    """Messages between all players.

    For each channel a subscriber gets the messages in offset order, each once, with no hole. Where history cannot fill a hole it gets a
    `Gap`, never silence. History keeps the last 256 messages of a channel (`player:*`: 32) for 5 minutes.
    """

    async def publish(self, channel: str, payload: bytes, *, key: str | None = None) -> Position:
        """Assign the next offset, append to history and deliver to the subscribers: one atomic step.

        The same `key` on the same channel within 5 minutes, and within 1,024 messages (`player:*`: 256), publishes once (the first payload)
        and returns the first position. An empty key counts as none. After `FacilityUnavailable` the outcome is unknown: publish again, with
        the same key only.
        """
        ...

    async def position(self, channel: str) -> Position:
        """The channel's top: the position of its newest message."""
        ...

    async def history(self, channel: str, since: Position) -> History:
        """Return the messages published after `since`."""
        ...

    async def subscribe(self, channel: str, sink: Sink, *, since: Position | None = None) -> Subscription:
        """Subscribe. Returns once the subscription is live: every message published from then on reaches the sink.

        With `since`, the messages after that position come first (or a `Gap`), in one order with the live messages. The sink may be called
        before this returns.
        """
        ...
