"""Channels: a bounded history each, and subscriptions with a position in it."""

import itertools
import secrets
from collections import deque
from collections.abc import Iterator

import structlog
from echoes import crashes
from echoes.clock import Clock
from echoes.facilities.broadcast import Gap, History, Message, Position, Sink, Subscription

from echoes_memory.expiry import Expiry
from echoes_memory.settings import MemorySettings

log = structlog.get_logger("echoes.memory")


class _Channel:
    """One channel: its epoch, its newest messages (offsets without holes up to `top`), its keys, its listeners."""

    __slots__ = ("epoch", "key_order", "keys", "limit", "messages", "name", "quiet_since", "subscriptions", "top")

    def __init__(self, name: str, epoch: str, limit: int) -> None:
        self.name = name
        self.epoch = epoch
        self.limit = limit
        self.top = 0
        self.messages: deque[tuple[float, Message]] = deque()
        self.keys: dict[str, Position] = {}
        self.key_order: deque[tuple[float, str]] = deque()
        self.subscriptions: tuple[_Subscription, ...] = ()
        self.quiet_since = 0.0

    def trim(self, now: float) -> None:
        """Drop expired messages and keys."""
        while self.messages and self.messages[0][0] <= now:
            self.messages.popleft()
        while self.key_order and self.key_order[0][0] <= now:
            del self.keys[self.key_order.popleft()[1]]

    def reaches(self, since: Position) -> bool:
        """Whether history holds everything after `since`."""
        return since.epoch == self.epoch and self.top - len(self.messages) <= since.offset <= self.top

    def after(self, offset: int) -> Iterator[Message]:
        """The messages after `offset`, which history reaches."""
        behind = len(self.messages) - (self.top - offset)
        return (message for _, message in itertools.islice(self.messages, behind, None))


class _Subscription:
    """A subscriber's position in a channel. A publish advances it; a sink that causes a publish is not entered twice."""

    __slots__ = ("_broadcast", "_channel", "_handing", "_sink", "closed", "offset")

    def __init__(self, broadcast: "MemoryBroadcast", channel: _Channel, sink: Sink) -> None:
        self._broadcast = broadcast
        self._channel = channel
        self._sink = sink
        self._handing = False
        self.closed = False
        self.offset = channel.top

    @property
    def channel(self) -> str:
        """The subscribed channel."""
        return self._channel.name

    @property
    def position(self) -> Position:
        """The last message handed to the sink, or where the subscription began."""
        return Position(self._channel.epoch, self.offset)

    async def close(self) -> None:
        """End it. The sink is not called again."""
        if not self.closed:
            self.closed = True
            self._broadcast.leave(self._channel, self)

    def pull(self, *, gap: bool = False) -> None:
        """Deliver everything up to the top, or `Gap` first and then the messages after it."""
        if self._handing:
            return
        self._handing = True
        try:
            channel = self._channel
            while not self.closed and (gap or self.offset < channel.top):
                index = len(channel.messages) - (channel.top - self.offset)
                if gap or index < 0:
                    gap = False
                    self.offset = channel.top
                    self._hand(Gap(channel.name, self.position))
                else:
                    self.offset += 1
                    self._hand(channel.messages[index][1])
        finally:
            self._handing = False

    def _hand(self, item: Message | Gap) -> None:
        try:
            self._sink(item)
        except Exception:
            log.exception("broadcast.sink_failed", channel=self._channel.name, offset=item.position.offset)
            crashes.report()


class MemoryBroadcast:
    """`Broadcast` for one worker. Delivery happens inside `publish`, which never awaits."""

    def __init__(self, clock: Clock, settings: MemorySettings | None = None) -> None:
        self._now = clock.monotonic
        self._settings = settings or MemorySettings()
        self._history_seconds = self._settings.history_seconds
        self._key_seconds = self._settings.key_seconds
        self._idle_seconds = 2 * max(self._history_seconds, self._key_seconds)
        self._channels: dict[str, _Channel] = {}
        self._expiry = Expiry[str](self._deadline, self._forget)
        self._life = secrets.token_hex(6)
        self._births = itertools.count(1)

    async def publish(self, channel: str, payload: bytes, *, key: str | None = None) -> Position:
        """Append and deliver; see `Broadcast.publish`."""
        now = self._now()
        line = self._channel(channel, now)
        if key and (first := line.keys.get(key)) is not None:
            return first
        line.top += 1
        position = Position(line.epoch, line.top)
        line.messages.append((now + self._history_seconds, Message(channel, position, key or "", bytes(payload))))
        if len(line.messages) > line.limit:
            line.messages.popleft()
        if key:
            line.keys[key] = position
            line.key_order.append((now + self._key_seconds, key))
        for subscription in line.subscriptions:
            subscription.pull()
        return position

    async def position(self, channel: str) -> Position:
        """The channel's top."""
        line = self._channel(channel, self._now())
        return Position(line.epoch, line.top)

    async def history(self, channel: str, since: Position) -> History:
        """Return the messages after `since`; see `History`."""
        line = self._channel(channel, self._now())
        complete = line.reaches(since)
        messages = tuple(line.after(since.offset)) if complete else ()
        return History(messages, Position(line.epoch, line.top), complete)

    async def subscribe(self, channel: str, sink: Sink, *, since: Position | None = None) -> Subscription:
        """Subscribe, from `since` on when given; see `Broadcast.subscribe`."""
        line = self._channel(channel, self._now())
        subscription = _Subscription(self, line, sink)
        line.subscriptions += (subscription,)
        if since is not None:
            gap = not line.reaches(since)
            subscription.offset = line.top if gap else since.offset
            subscription.pull(gap=gap)
        return subscription

    def leave(self, line: _Channel, subscription: _Subscription) -> None:
        """Remove a closed subscription from its channel."""
        line.subscriptions = tuple(other for other in line.subscriptions if other is not subscription)
        line.quiet_since = self._now()
        self._expiry.watch(line.name, line.quiet_since + self._idle_seconds)

    def _channel(self, name: str, now: float) -> _Channel:
        """Return the channel without expired messages. An unknown or expired name starts a new epoch."""
        self._expiry.sweep(now)
        line = self._channels.get(name)
        if line is None:
            limit = self._settings.history_messages_player if name.startswith("player:") else self._settings.history_messages
            line = self._channels[name] = _Channel(name, f"{self._life}.{next(self._births)}", limit)
        else:
            line.trim(now)
        line.quiet_since = now
        self._expiry.watch(name, now + self._idle_seconds)
        return line

    def _deadline(self, name: str) -> float | None:
        line = self._channels.get(name)
        return line.quiet_since + self._idle_seconds if line else None

    def _forget(self, name: str) -> None:
        """Drop a channel that was unused until its history expired: only what listeners need stays."""
        line = self._channels[name]
        line.trim(self._now())
        if not line.subscriptions:
            del self._channels[name]
