"""A feed: one channel on this worker, subscribed once, handed to every seat that listens; each new listener joins without a hole."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from echoes.channels import Envelope, decode_envelope, is_forwardable
from echoes.facilities import Broadcast, Gap, History, Message, Position, Subscription
from echoes.metrics.counting import Delivery

log = structlog.get_logger()


class Listener(Protocol):
    """Whoever sits at a feed."""

    @property
    def character_id(self) -> int:
        """Its character."""
        ...

    def receive(self, event: bytes) -> None:
        """Take an encoded event."""
        ...

    def receive_gap(self, gap: Gap) -> None:
        """Events are missing that cannot be had any more."""
        ...


class Joined(msgspec.Struct, frozen=True):
    """What joining a feed found: the position from which the listener follows, and the events since then that it must see first."""

    position: Position
    missed: list[bytes]
    complete: bool


class _Waiting(msgspec.Struct, frozen=True):
    """An event that came while somebody was joining."""

    at: Position
    key: str
    exclude: int
    event: bytes


GAP = b""
"""Stands, while somebody joins, for events that cannot be had any more."""

Handler = Callable[[Message, Envelope], bool]
"""Looks at a message before it goes out; True means that it has been dealt with."""


class Feed:
    """Everybody at it gets each message as the same bytes. `on_message` may take a message out (personal channels)."""

    def __init__(self, channel: str, broadcast: Broadcast, on_message: Handler | None = None) -> None:
        self.channel = channel
        self._broadcast = broadcast
        self._on_message = on_message
        self._listeners: dict[int, Listener] = {}
        self._joining: dict[int, list[_Waiting]] = {}
        self._subscription: Subscription | None = None
        self._lock = asyncio.Lock()
        self._counted = Delivery(channel)

    @property
    def empty(self) -> bool:
        """Whether nobody listens."""
        return not self._listeners and not self._joining

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def join(self, listener: Listener, since: Position | None) -> Joined:
        """Listen from `since` (or from now). From the moment this returns, live events go to `listener.receive`.

        `complete` is False when history does not reach back to `since`, or something was lost meanwhile: the listener then follows from
        the position answered, and needs a snapshot.
        """
        waiting = self._joining[listener.character_id] = []
        try:
            await self._subscribed()
            if since is None:
                found = History((), await self._broadcast.position(self.channel), complete=True)
            else:
                found = await self._broadcast.history(self.channel, since)
        except BaseException:
            self._joining.pop(listener.character_id, None)
            raise
        # From here on nothing is awaited: what came meanwhile is in `waiting`, what comes next goes to the listener.
        missed = [event for message in found.messages if (event := self._event_for(listener, message)) is not None]
        complete, start = found.complete, since if since is not None and found.complete else found.position
        top, told = found.position, {message.key for message in found.messages if message.key}
        for one in waiting:
            if one.event is GAP:
                complete, start, top, missed = False, one.at, one.at, []
            elif one.exclude != listener.character_id and one.key not in told and (one.at.epoch != top.epoch or one.at.offset > top.offset):
                missed.append(one.event)
        self._joining.pop(listener.character_id, None)
        self._listeners[listener.character_id] = listener
        self._counted.recovered.inc(len(missed) if complete else 0)
        return Joined(start, missed, complete)

    def leave(self, listener: Listener) -> None:
        """Listen no longer. Somebody who has taken the listener's place stays."""
        if self._listeners.get(listener.character_id) is listener:
            del self._listeners[listener.character_id]

    async def close_if_empty(self) -> bool:
        """End the subscription unless somebody has come back; answers whether it ended."""
        async with self._lock:
            if not self.empty:
                return False
            subscription, self._subscription = self._subscription, None
            if subscription is not None:
                await subscription.close()
            return True

    async def _subscribed(self) -> None:
        async with self._lock:
            if self._subscription is None:
                self._subscription = await self._broadcast.subscribe(self.channel, self._deliver)

    def _deliver(self, item: Message | Gap) -> None:
        if isinstance(item, Gap):
            self._counted.gaps.inc()
            for listener in list(self._listeners.values()):
                listener.receive_gap(item)
            for waiting in self._joining.values():
                waiting.append(_Waiting(item.position, "", 0, GAP))
            return
        envelope = _opened(item)
        if envelope is None or (self._on_message is not None and self._on_message(item, envelope)):
            return
        event = event_of(item, envelope)
        exclude = envelope.exclude_player_id
        for character_id, listener in self._listeners.items():
            if character_id != exclude:
                listener.receive(event)
        self._counted.done(len(self._listeners) - (exclude in self._listeners), bytes(envelope.payload))
        for waiting in self._joining.values():
            waiting.append(_Waiting(item.position, item.key, exclude, event))

    def _event_for(self, listener: Listener, message: Message) -> bytes | None:
        envelope = _opened(message)
        if envelope is None or envelope.type == "takeover" or envelope.exclude_player_id == listener.character_id:
            return None
        return event_of(message, envelope)


def event_of(message: Message, envelope: Envelope) -> bytes:
    """The event as clients get it: the channel and the position, then the payload as it came, never decoded."""
    head = b'{"channel":%b,"offset":%d,"epoch":%b,' % (_json(message.channel), message.position.offset, _json(message.position.epoch))
    return head + bytes(envelope.payload)[1:]


def _opened(message: Message) -> Envelope | None:
    try:
        envelope = decode_envelope(message.payload)
    except msgspec.MsgspecError as error:
        log.warning("message.malformed", channel=message.channel, offset=message.position.offset, error=str(error))
        return None
    if not is_forwardable(bytes(envelope.payload)):
        log.warning("message.refused", channel=message.channel, offset=message.position.offset, reason="not one line of JSON in UTF-8")
        return None
    return envelope


_json = msgspec.json.Encoder().encode
