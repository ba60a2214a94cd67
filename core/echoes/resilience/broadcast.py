"""Broadcast while its backend is away: players on one worker go on hearing each other."""

import secrets
from collections import Counter

import structlog

from echoes.errors import FacilityUnavailable
from echoes.facilities import Broadcast, Gap, History, Message, Position, Sink, Subscription
from echoes.resilience.breaker import Breaker
from echoes.steps import all_of

log = structlog.get_logger()


HERE = "~"
"""How the epoch begins of what was heard on one worker alone."""


class _Listener:
    """A subscription that outlives its backend's absence. `inner` is None while the backend has yet to be asked."""

    def __init__(self, broadcast: "ResilientBroadcast", channel: str, sink: Sink, standing: Position) -> None:
        self._broadcast = broadcast
        self._channel = channel
        self._sink = sink
        self._position = standing
        self.inner: Subscription | None = None
        self.closed = False

    @property
    def channel(self) -> str:
        """What it listens to."""
        return self._channel

    @property
    def position(self) -> Position:
        """The last message handed to the sink, or where the subscription began."""
        return self._position if self.inner is None else self.inner.position

    async def close(self) -> None:
        """End it; the sink is not called again."""
        if self.closed:
            return
        self.closed = True
        self._broadcast.forget(self)
        if self.inner is not None:
            await self.inner.close()

    def take(self, item: Message | Gap) -> None:
        """Hand it on."""
        if self.closed:
            return
        try:
            self._sink(item)
        except Exception:
            log.exception("broadcast.sink_failed", channel=self._channel, offset=item.position.offset)


class ResilientBroadcast:
    """A `Broadcast` that never fails to listen.

    `publish` still raises `FacilityUnavailable` when the message has not gone out to everybody, but whoever listens on this worker has heard it (if
    it has a key): who publishes must try again, with the same key. What is heard so stands at a position of an epoch of this worker's own, and comes
    again, under the same key, from the store: `echoes.web.feed` knows who has heard it.
    """

    def __init__(self, inner: Broadcast, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker
        self._epoch = f"{HERE}{secrets.token_hex(6)}"
        self._offsets: Counter[str] = Counter()
        self._listeners: dict[str, list[_Listener]] = {}
        self._waiting: list[_Listener] = []

    @property
    def here_for(self) -> float:
        """Seconds for which the backend has been back; 0 while it is away, infinite when it never was."""
        return self._breaker.closed_for

    async def publish(self, channel: str, payload: bytes, *, key: str | None = None) -> Position:
        """As `Broadcast.publish`; see the class for what happens when it cannot be."""
        try:
            return await self.publish_again(channel, payload, key)
        except FacilityUnavailable:
            if key:
                self.tell_here(channel, payload, key)
            raise

    async def publish_again(self, channel: str, payload: bytes, key: str | None) -> Position:
        """Publish what has been heard on this worker already."""
        return await self._breaker.call(lambda: self._inner.publish(channel, payload, key=key))

    def tell_here(self, channel: str, payload: bytes, key: str) -> None:
        """Let whoever listens on this worker hear a message before everybody else."""
        if channel in self._listeners:
            self._offsets[channel] += 1
            message = Message(channel, self._standing(channel), key, bytes(payload))
            for listener in list(self._listeners[channel]):
                listener.take(message)

    async def position(self, channel: str) -> Position:
        """The channel's top; while the backend is away, where this worker stands, from which nothing can be recovered later."""
        try:
            return await self._breaker.call(lambda: self._inner.position(channel))
        except FacilityUnavailable:
            return self._standing(channel)

    async def history(self, channel: str, since: Position) -> History:
        """What was published after `since`; incomplete while the backend is away."""
        try:
            return await self._breaker.call(lambda: self._inner.history(channel, since))
        except FacilityUnavailable:
            return History((), self._standing(channel), complete=False)

    async def subscribe(self, channel: str, sink: Sink, *, since: Position | None = None) -> Subscription:
        """Listen. While the backend is away: to this worker; when it is back, there is a `Gap`, and everybody is heard again."""
        listener = _Listener(self, channel, sink, self._standing(channel))
        self._listeners.setdefault(channel, []).append(listener)
        try:
            listener.inner = await self._breaker.call(lambda: self._inner.subscribe(channel, listener.take, since=since))
        except FacilityUnavailable:
            self._waiting.append(listener)
        except BaseException:
            self.forget(listener)
            raise
        return listener

    async def mend(self) -> None:
        """Subscribe for those who could not when they asked. To be called again and again."""
        await all_of(map(self._catch_up, list(self._waiting)))

    async def _catch_up(self, listener: _Listener) -> None:
        """The gap first, then all that comes after it."""
        channel, inner = listener.channel, self._inner
        since = await self._breaker.call(lambda: inner.position(channel))
        listener.take(Gap(channel, since))
        subscription = await self._breaker.call(lambda: inner.subscribe(channel, listener.take, since=since))
        if listener.closed:
            await subscription.close()
        else:
            listener.inner = subscription
            self._waiting.remove(listener)

    def forget(self, listener: _Listener) -> None:
        """It listens no longer."""
        if listener in self._waiting:
            self._waiting.remove(listener)
        listeners = self._listeners.get(listener.channel, [])
        if listener in listeners:
            listeners.remove(listener)
        if not listeners:
            self._listeners.pop(listener.channel, None)

    def _standing(self, channel: str) -> Position:
        return Position(self._epoch, self._offsets[channel])
