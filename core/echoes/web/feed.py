"""A feed: one channel on this worker, subscribed once, handed to every seat that listens; each new listener joins without a hole."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Protocol
from weakref import WeakKeyDictionary

import msgspec
import structlog

from echoes.channels import Envelope, decode_envelope, is_forwardable
from echoes.facilities import Broadcast, Gap, History, Message, Position, Subscription
from echoes.metrics.counting import Delivery
from echoes.resilience.broadcast import HERE
from echoes.web.ignores import NOT_ONE, Ignores
from echoes.web.keyring import SECONDS, Keyring

log = structlog.get_logger()


class Listener(Protocol):
    """A listener of a feed."""

    @property
    def character_id(self) -> int:
        """Its character."""
        ...

    @property
    def heard(self) -> deque[bytes]:
        """The last speech that it was sent."""
        ...

    def receive(self, event: bytes) -> None:
        """Take an encoded event."""
        ...

    def receive_gap(self, gap: Gap) -> None:
        """Events are missing that cannot be had any more."""
        ...


class Joined(msgspec.Struct, frozen=True):
    """The result of joining a feed: the position from which the listener follows, and the events since then that it must see first."""

    position: Position
    missed: list[bytes]
    complete: bool


class _Waiting(msgspec.Struct, frozen=True):
    """A message that arrived while a listener joined."""

    at: Position
    key: str
    exclude: int
    event: bytes


class _Place:
    """A listener's place at a feed, and the position up to which history has delivered everything to it."""

    __slots__ = ("listener", "replayed", "serial", "waiting")

    def __init__(self, listener: Listener, serial: int) -> None:
        self.listener = listener
        self.serial = serial
        """Grows with every place."""
        self.replayed: Position | None = None
        self.waiting: list[_Waiting] = []

    def has(self, at: Position) -> bool:
        """Whether history has delivered this position already. Live messages come on another way, and may come later than history."""
        replayed = self.replayed
        if replayed is None or replayed.epoch != at.epoch:
            return False
        if at.offset > replayed.offset:
            self.replayed = None
            return False
        return True


GAP = b""
"""Stands for lost events while a listener joins."""

Handler = Callable[[Message, Envelope], bool]
"""Looks at a message before it goes out; True means that it has been dealt with."""


Traced = Callable[[str, str, int, float], None]
"""Records the delivery of a message: the channel, the envelope's `trace`, the number of recipients, the beginning by `perf_counter`."""


REMEMBERED = 1024
"""Keys that are remembered for each listener, of messages delivered while broadcast was away."""


class Feed:
    """The fan-out of one channel: each listener gets each message once, as the same bytes. `on_message` may take a message out (personal channels).

    While broadcast is away, a message may be delivered locally before the store delivers it under the same key. A listener that has it already
    does not get it again. `come` remembers the keys that the store has delivered, `ignores` which listener ignores which speaker; the feeds of a worker share both.
    """

    def __init__(
        self, channel: str, broadcast: Broadcast, on_message: Handler | None = None, come: Keyring | None = None, ignores: Ignores | None = None,
        traced: Traced | None = None,
    ) -> None:  # fmt: skip
        self.channel = channel
        self._broadcast = broadcast
        self._on_message = on_message
        self._listeners: dict[int, _Place] = {}
        self._joining: dict[int, _Place] = {}
        self._serial = 0
        self._come = Keyring() if come is None else come
        self._ignores = Ignores() if ignores is None else ignores
        self._traced = traced
        self._here: WeakKeyDictionary[Listener, OrderedDict[str, None]] = WeakKeyDictionary()
        self._heard_here = 0.0
        self._subscription: Subscription | None = None
        self._lock = asyncio.Lock()
        self._counted = Delivery(channel)

    @property
    def empty(self) -> bool:
        """Whether the feed has no listener."""
        return not self._listeners and not self._joining

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def join(self, listener: Listener, since: Position | None, got: Position | None = None) -> Joined:
        """Listen from `since` (or from now). From the moment this returns, live events go to `listener.receive`.

        Up to `got` it has the messages already: they do not come again when this listener begins in an outage, at a local position, and the
        store then delivers them late.

        `complete` is False when history does not reach back to `since`, or something was lost meanwhile: the listener then follows from
        the position answered, and needs a snapshot.
        """
        self._serial += 1
        place = self._joining[listener.character_id] = _Place(listener, self._serial)
        try:
            await self._subscribed()
            if since is None:
                found = History((), await self._broadcast.position(self.channel), complete=True)
            else:
                found = await self._broadcast.history(self.channel, since)
        except BaseException:
            self._forget(place)
            raise
        # From here on nothing is awaited: what came meanwhile has waited, what comes next goes to the listener.
        missed = [
            event
            for message in found.messages
            if (event := self._event_for(listener, message)) is not None and not self._has_heard(listener, message.position, message.key)
        ]
        self._has_passed(found)
        complete, start = found.complete, since if since is not None and found.complete else found.position
        place.replayed = got if got is not None and found.position.epoch.startswith(HERE) else found.position
        known = {message.key for message in found.messages if message.key}
        for one in place.waiting:
            if one.event is GAP:
                complete, start, missed, place.replayed = False, one.at, [], None
            elif one.exclude != listener.character_id and one.key not in known and not place.has(one.at):
                missed += [] if self._has_heard(listener, one.at, one.key) else [one.event]
        place.waiting = []
        self._forget(place)
        later = self._listeners.get(listener.character_id)
        if later is None or later.serial < place.serial:
            self._listeners[listener.character_id] = place
        self._counted.recovered.inc(len(missed) if complete else 0)
        return Joined(start, missed, complete)

    def reached(self, listener: Listener) -> Position | None:
        """The last position that was handed to a listener, or to which it is excluded; None for one that does not listen."""
        place = self._listeners.get(listener.character_id)
        if place is None or place.listener is not listener or self._subscription is None:
            return None
        at, replayed = self._subscription.position, place.replayed
        return replayed if replayed is not None and replayed.epoch == at.epoch and replayed.offset > at.offset else at

    def leave(self, listener: Listener) -> None:
        """Remove the listener. Another one that has taken its place stays."""
        place = self._listeners.get(listener.character_id)
        if place is not None and place.listener is listener:
            del self._listeners[listener.character_id]

    async def close_if_empty(self) -> bool:
        """End the subscription unless a listener has come back; answers whether it ended."""
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

    def _forget(self, joining: _Place) -> None:
        if self._joining.get(joining.listener.character_id) is joining:
            del self._joining[joining.listener.character_id]

    def _deliver(self, item: Message | Gap) -> None:
        if isinstance(item, Gap):
            self._deliver_gap(item)
            return
        envelope = _opened(item)
        if envelope is None or self._has_come(item):
            return
        if self._on_message is not None and self._on_message(item, envelope):
            for place in self._listeners.values():
                self._has_heard(place.listener, item.position, item.key)
            return
        event = event_of(item, envelope)
        deaf = self._ignores.of(envelope.sender) if envelope.sender else NOT_ONE
        if self._traced is None or not envelope.trace:
            delivered = self._hand_out(item, envelope, event, deaf)
        else:
            began = time.perf_counter()
            delivered = self._hand_out(item, envelope, event, deaf)
            self._traced(self.channel, envelope.trace, delivered, began)
        self._counted.done(delivered, bytes(envelope.payload))
        for character_id, joining in self._joining.items():
            if character_id not in deaf:
                joining.waiting.append(_Waiting(item.position, item.key, envelope.exclude_player_id, event))

    def _deliver_gap(self, gap: Gap) -> None:
        self._counted.gaps.inc()
        for place in list(self._listeners.values()):
            place.replayed = None
            place.listener.receive_gap(gap)
        for place in self._joining.values():
            place.waiting.append(_Waiting(gap.position, "", 0, GAP))

    def _hand_out(self, item: Message, envelope: Envelope, event: bytes, deaf: AbstractSet[int]) -> int:
        """Hand an event to the listeners, without those who ignore its speaker; answers how many got it."""
        exclude, at, key, spoken = envelope.exclude_player_id, item.position, item.key, envelope.sender != 0
        everyday = not self._here and not at.epoch.startswith(HERE)  # no listener has a local delivery
        listeners: Iterable[tuple[int, _Place]] = self._listeners.items()
        if deaf:
            listeners = [one for one in listeners if one[0] not in deaf]
        delivered = 0
        for character_id, place in listeners:
            if (
                character_id != exclude
                and not (place.replayed and place.has(at))
                and (everyday or not self._has_heard(place.listener, at, key))
            ):
                place.listener.receive(event)
                delivered += 1
                if spoken:
                    place.listener.heard.append(event)
        return delivered

    def _has_come(self, message: Message) -> bool:
        """True for a message that the store has delivered before: its publish had happened, and only the answer was lost."""
        if self._here and time.monotonic() - self._heard_here > SECONDS:
            self._here.clear()  # older messages do not come again
        if not message.key or (self.channel, message.key) in self._come:
            return bool(message.key)
        if not message.position.epoch.startswith(HERE):
            self._come.add(self.channel, message.key)
        return False

    def _has_passed(self, found: History) -> None:
        """Note what history holds from before this feed was subscribed: a store that gets it again does not deliver it a second time."""
        at = None if self._subscription is None else self._subscription.position
        for message in found.messages:
            if message.key and at is not None and message.position.epoch == at.epoch and message.position.offset <= at.offset:
                self._come.add(self.channel, message.key)

    def _has_heard(self, listener: Listener, at: Position, key: str) -> bool:
        """Whether a listener has this message already by local delivery; a local delivery now is remembered."""
        if not key:
            return False
        if self._here and key in self._here.get(listener, ()):
            return True
        if at.epoch.startswith(HERE):
            self._heard_here = time.monotonic()
            _remember(self._here.setdefault(listener, OrderedDict()), key)
        return False

    def _event_for(self, listener: Listener, message: Message) -> bytes | None:
        envelope = _opened(message)
        if envelope is None or envelope.type == "takeover" or envelope.exclude_player_id == listener.character_id:
            return None
        if envelope.sender and listener.character_id in self._ignores.of(envelope.sender):
            return None
        return event_of(message, envelope)


def event_of(message: Message, envelope: Envelope) -> bytes:
    """The event as clients get it: the channel and the position, then the payload as it came, never decoded."""
    position = message.position
    return b'%b"offset":%d,"epoch":%b,%b' % (head_of(message.channel), position.offset, _json(position.epoch), bytes(envelope.payload)[1:])


def head_of(channel: str) -> bytes:
    """How every event of a channel begins."""
    return b'{"channel":%b,' % _json(channel)


def _remember(keys: OrderedDict[str, None], key: str) -> None:
    keys[key] = None
    if len(keys) > REMEMBERED:
        keys.popitem(last=False)


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
