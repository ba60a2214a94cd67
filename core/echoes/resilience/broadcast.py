"""Broadcast while its backend is down: players on one worker still get each other's messages."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from echoes.concurrency import gather
from echoes.errors import FacilityUnavailable
from echoes.facilities import Broadcast, Gap, History, Message, Position, Sink, Subscription
from echoes.log_limit import LogLimit
from echoes.metrics import counting
from echoes.resilience.breaker import Breaker
from echoes.resilience.type_checks import test_of

log = structlog.get_logger()
AT_ONCE = 50
"""Listeners that catch up at the same time."""
CLOSE_SECONDS = 5.0
"""Longest time that a backend may take to end a subscription without a listener."""
_is_item = test_of(Message | Gap)
PROBE = "probe"
"""The channel for probe messages, which has no reader, to check whether the backend takes messages."""
HERE = "~"
"""Prefix of the epoch of local deliveries."""
ON_THEIR_WAY, ON_THEIR_WAY_SECONDS = 256, 30.0
"""Messages of a channel that the backend has taken from this worker and has yet to deliver to it: the newest, of these seconds."""


async def _owes_nothing(_: str) -> bool:
    return True


class _Listener:
    """A subscription that outlives its backend's downtime. `inner` is None before the backend is subscribed."""

    def __init__(self, broadcast: "ResilientBroadcast", channel: str, sink: Sink, standing: Position) -> None:
        self._broadcast = broadcast
        self._channel = channel
        self._sink = sink
        self._position = standing
        self._hearing: Sink | None = None
        self.inner: Subscription | None = None
        self.closed = False

    @property
    def channel(self) -> str:
        """The subscribed channel."""
        return self._channel

    @property
    def position(self) -> Position:
        """The last message handed to the sink, or where the subscription began."""
        try:
            at = self._position if self.inner is None else self.inner.position
        except Exception as error:  # noqa: BLE001 - a plugin's mistake
            self._broadcast.is_faulty("subscription.position", error)
            return self._position
        return at if isinstance(at, Position) else self._position

    def has(self, position: Position) -> bool:
        """Whether the backend has delivered the message at this position."""
        return self._position.epoch == position.epoch and self._position.offset >= position.offset

    async def close(self) -> None:
        """End it. The sink is not called again."""
        if self.closed:
            return
        self.closed = True
        self._broadcast.forget(self)
        if self.inner is not None:
            await self._broadcast.end(self.inner)

    def hearing(self) -> Sink:
        """Return the callback of a new subscription. Calls from a former one are ignored."""

        def hear(item: Message | Gap) -> None:
            if self.hears(hear):
                self._receive(item)

        self._hearing = hear
        return hear

    def hears(self, hearing: Sink) -> bool:
        """Whether that callback is still the one: the subscription was neither closed nor given up."""
        return self._hearing is hearing and not self.closed

    def take(self, item: Message | Gap) -> None:
        """Pass an item to the sink."""
        if self.closed:
            return
        try:
            self._sink(item)
        except Exception as error:
            counting.crashed("step")
            if times := self._broadcast.repeats.due("sink", self._channel.partition(":")[0], type(error).__name__):
                log.exception("broadcast.sink_failed", channel=self._channel, offset=item.position.offset, times=times)

    def _receive(self, item: Message | Gap) -> None:
        if _is_item(item):
            self._position = item.position
            self._broadcast.has_arrived(item)
            self.take(item)
        else:  # the message is lost: subscribe again, with a gap
            self._broadcast.misheard(self, item)


class ResilientBroadcast:
    """A `Broadcast` with a `subscribe` that does not fail while the backend is down.

    `publish` still raises `FacilityUnavailable` when the message has not gone out to all subscribers. A message with a key has then been
    delivered to the subscribers on this worker, behind those that the backend took before and has yet to deliver. The publisher must try
    again, with the same key. Local deliveries are numbered in an epoch of this worker. The message comes again, under the same key, from the
    store: `echoes.web.feed` knows the clients that have it.
    """

    def __init__(self, inner: Broadcast, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker
        self._epoch = f"{HERE}{secrets.token_hex(6)}"
        self._offsets: Counter[str] = Counter()
        self._listeners: dict[str, list[_Listener]] = {}
        self._waiting: dict[_Listener, None] = {}
        self._on_their_way: dict[str, dict[str, tuple[float, bytes]]] = {}
        """By channel with listeners here: when something was published under which key, until the backend delivers it here."""
        self._ending: set[asyncio.Task[None]] = set()
        self.pay_first: Callable[[str], Awaitable[bool]] = _owes_nothing
        """Publishes what this worker owes a channel (`echoes.game.outbox`). Answers whether it owes nothing any more."""
        self.repeats = LogLimit()

    @property
    def here_for(self) -> float:
        """Seconds since the backend is back; 0 while it is down, infinite when it was never down."""
        return self._breaker.closed_for

    async def publish(self, channel: str, payload: bytes, *, key: str | None = None) -> Position:
        """As `Broadcast.publish`; the class says what happens while the backend is down."""
        try:
            position = await self.publish_again(channel, payload, key)
        except FacilityUnavailable:
            if key:
                self.tell_here(channel, payload, key)
            raise
        if key and channel in self._listeners and not self._listeners[channel][0].has(position):
            coming = self._on_their_way.setdefault(channel, {})
            coming[key] = asyncio.get_running_loop().time(), bytes(payload)
            if len(coming) > ON_THEIR_WAY:
                del coming[next(iter(coming))]
        return position

    async def publish_again(self, channel: str, payload: bytes, key: str | None) -> Position:
        """Publish a message that was delivered on this worker already."""
        return await self._inner.publish(channel, payload, key=key)

    async def takes_messages(self) -> bool:
        """Whether the backend takes a probe message: then it has refused the former message because of that message itself."""
        try:
            await self._inner.publish(PROBE, b"{}")
        except FacilityUnavailable:
            return False
        return True

    def tell_here(self, channel: str, payload: bytes, key: str) -> None:
        """Deliver a message to the subscribers on this worker before all others, except those that the backend took from here before it."""
        if channel not in self._listeners:
            return
        now = asyncio.get_running_loop().time()
        coming = self._on_their_way.pop(channel, {})
        before = {one: taken for one, (when, taken) in coming.items() if now - when <= ON_THEIR_WAY_SECONDS}
        for one, text in {**before, key: payload}.items():
            self._offsets[channel] += 1
            message = Message(channel, self._standing(channel), one, bytes(text))
            for listener in list(self._listeners[channel]):
                listener.take(message)

    def has_arrived(self, item: Message | Gap) -> None:
        """Note that the backend has delivered a message here, or a gap in its place."""
        coming = self._on_their_way.get(item.channel)
        if coming is None:
            return
        if isinstance(item, Gap):
            coming.clear()
        else:
            coming.pop(item.key, None)
        if not coming:
            del self._on_their_way[item.channel]

    async def position(self, channel: str) -> Position:
        """As `Broadcast.position`. While the backend is down: this worker's position, from which nothing can be recovered later.

        It is the one from before the call: what is delivered here while the backend takes its time to fail comes behind it.
        """
        standing = self._standing(channel)
        try:
            return await self._inner.position(channel)
        except FacilityUnavailable:
            return standing

    async def history(self, channel: str, since: Position) -> History:
        """Return the messages after `since`; incomplete while the backend is down, at the position from before the call.

        What this worker owes the channel is published first: else a player who comes to this worker would get it after newer messages, which are
        delivered here at once.
        """
        standing = self._standing(channel)
        if await self.pay_first(channel):
            with suppress(FacilityUnavailable):
                return await self._inner.history(channel, since)
        return History((), standing, complete=False)

    async def subscribe(self, channel: str, sink: Sink, *, since: Position | None = None) -> Subscription:
        """Subscribe. While the backend is down: to this worker. When it is back, the sink gets a `Gap`, and then the messages of all workers."""
        listener = _Listener(self, channel, sink, self._standing(channel))
        self._listeners.setdefault(channel, []).append(listener)
        try:
            await self._join(listener, since)
        except FacilityUnavailable:
            self._waiting[listener] = None
        except BaseException:
            self.forget(listener)
            raise
        return listener

    async def resync(self) -> None:
        """Make the subscriptions that failed while the backend was down. To be called repeatedly."""
        if self._waiting:
            first, *others = list(self._waiting)
            await self._catch_up(first)  # one first: while it is refused, the others would be, too
            await gather(map(self._catch_up, others), at_once=AT_ONCE)

    async def end(self, subscription: Subscription) -> None:
        """Close a backend's subscription that has no listener any more."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await subscription.close()
        except Exception as error:  # noqa: BLE001 - a plugin's mistake
            self.is_faulty("subscription.close", error)

    def is_faulty(self, operation: str, error: Exception) -> None:
        """Note an error of the backend's subscription."""
        self._breaker.faulty("broadcast", operation, f"{operation} raised {type(error).__name__}: {error}", error)

    def misheard(self, listener: _Listener, item: object) -> None:
        """Subscribe again after the backend has called a sink with an object that is no message."""
        self._breaker.faulty(
            "broadcast", "subscribe", f"a sink was called with {type(item).__name__}, where Message or Gap is promised", None
        )
        subscription, listener.inner = listener.inner, None
        listener.hearing()  # from now on items of the former subscription are ignored
        self._waiting[listener] = None
        if subscription is not None:
            ending = asyncio.get_running_loop().create_task(self.end(subscription), name=f"broadcast:end:{listener.channel}")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _catch_up(self, listener: _Listener) -> None:
        """Deliver the gap first, then all that comes after it."""
        since = await self._inner.position(listener.channel)
        gap = Gap(listener.channel, since)
        self.has_arrived(gap)
        listener.take(gap)
        await self._join(listener, since)

    async def _join(self, listener: _Listener, since: Position | None) -> None:
        """Subscribe for a listener. It may have closed or misheard an item meanwhile: then it has no use for this subscription."""
        hearing = listener.hearing()
        subscription = await self._inner.subscribe(listener.channel, hearing, since=since)
        if listener.hears(hearing):
            listener.inner = subscription
            self._waiting.pop(listener, None)
        else:
            await self.end(subscription)

    def forget(self, listener: _Listener) -> None:
        """Remove a listener."""
        self._waiting.pop(listener, None)
        listeners = self._listeners[listener.channel]
        listeners.remove(listener)
        if not listeners:
            del self._listeners[listener.channel]
            self._on_their_way.pop(listener.channel, None)

    def _standing(self, channel: str) -> Position:
        return Position(self._epoch, self._offsets[channel])
