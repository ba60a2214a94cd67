"""A channel as one worker receives it: messages are delivered in order, each once. A hole stops the delivery until history has filled it."""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from echoes import crashes
from echoes.facilities.broadcast import Gap, Message, Position, Sink

from echoes_redis.channel import HistoryRead, Names, key_of, unframed
from echoes_redis.counters import Counters

log = structlog.get_logger("echoes.redis")
HELD = 1024
"""Most messages that wait while a hole is filled; those beyond are read from history."""
REMEMBERED = 4096
"""Keys in one of two generations: at least that many of the last messages are recognised when a Redis that lost its tail gets them again."""
EPOCHS = 8


class LocalSubscription:
    """One subscription: a sink and its position. While it joins, items are kept for it."""

    __slots__ = ("_leave", "_sink", "at", "channel", "closed", "joining")

    def __init__(self, channel: str, sink: Sink, leave: Callable[["LocalSubscription"], None]) -> None:
        self.channel = channel
        self.at = Position("", 0)
        self.closed = False
        self.joining: list[Message | Gap] | None = []
        self._sink = sink
        self._leave = leave

    @property
    def position(self) -> Position:
        """The last message handed to the sink, or where the subscription began."""
        return self.at

    async def close(self) -> None:
        """End it. The sink is not called again."""
        if not self.closed:
            self.closed = True
            self._leave(self)

    def join(self, since: Position | None, found: HistoryRead) -> None:
        """Begin with the messages after `since`, or a gap; then the items that came meanwhile, which are of the same epoch; then live."""
        waiting, self.joining = self.joining or [], None
        if since is None:
            self.at = found.position
        elif found.whole:
            self.at = since
            for entry in found.entries:
                self.hand(Message(self.channel, Position(found.position.epoch, entry.offset), key_of(entry.tag), entry.payload))
            self.at = found.position if not found.entries else self.at
        else:
            self.hand(Gap(self.channel, found.position))
        for item in waiting:
            self.hand(item)

    def hand(self, item: Message | Gap) -> None:
        """Call the sink, unless it has the item already."""
        if self.joining is not None:
            if len(self.joining) < HELD:  # a full one reads history again
                self.joining.append(item)
            return
        at, position = self.at, item.position
        if self.closed or (position.offset <= at.offset and position.epoch == at.epoch):
            return
        self.at = position
        try:
            self._sink(item)
        except Exception:
            log.exception("broadcast.sink_failed", channel=self.channel, offset=position.offset)
            crashes.report()


class ChannelReader:
    """This worker's position in a channel, and its subscriptions. `heal` is called when history must be read; `recover` takes the answer."""

    __slots__ = (
        "_counters",
        "_crossed",
        "_epoch",
        "_former",
        "_heal",
        "_held",
        "_last",
        "_old",
        "_young",
        "again",
        "channel",
        "live",
        "lock",
        "names",
        "position",
        "readers",
    )  # fmt: skip

    def __init__(self, channel: str, names: Names, heal: Callable[["ChannelReader"], None], counters: Counters) -> None:
        self.channel = channel
        self.names = names
        self.position = Position("", 0)
        self.readers: tuple[LocalSubscription, ...] = ()
        self.lock = asyncio.Lock()
        """Held by the task that makes it live."""
        self.live = False
        self.again = False
        """Whether history must be read once more after its answer was taken."""
        self._heal = heal
        self._counters = counters
        self._epoch = b""
        self._held: list[tuple[bytes, int, bytes, bytes]] | None = []
        self._former: list[Position] = []
        self._last = b""
        self._crossed = False
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}

    @property
    def been(self) -> tuple[Position, ...]:
        """Its position, and its last position in each former epoch."""
        return (self.position, *self._former)

    def start(self, position: Position, passed: Sequence[bytes]) -> None:
        """Begin at the top of a channel that has just been subscribed. `passed` has the tagged keys of its newest messages, newest first.

        They are not delivered when a Redis that lost them gets them again: they are older than the subscription.
        """
        self.position, self._epoch = position, position.epoch.encode()
        self._young = dict.fromkeys(reversed(passed), self._epoch)
        self._last = passed[0] if passed else b""
        self.live = True
        self._release()

    def receive(self, frame: bytes) -> None:
        """Handle a message of the channel."""
        try:
            message = unframed(frame)
        except ValueError:
            self._counters.foreign += 1
            log.warning("broadcast.message_foreign", channel=self.channel, size=len(frame), begins=repr(frame[:40]))
            return
        if self._held is None:
            self._take(*message)
        else:
            self._hold(message)

    def behind(self, top: Position) -> bool:
        """Whether `top` is beyond this reader, and no read of history is pending."""
        return self._held is None and (self.position.epoch != top.epoch or self.position.offset < top.offset)

    @property
    def waits(self) -> bool:
        """Whether it holds messages back until history is read."""
        return self._held is not None

    def suspend(self) -> None:
        """Hold back messages from here on: history is about to be read."""
        if self._held is None:
            self._held = []

    def recover(self, found: HistoryRead) -> None:
        """Continue with the messages of history, then with those that came meanwhile."""
        gap = not found.whole
        if found.position.epoch != self.position.epoch:
            # Another Redis, or one that lost its tail. Its publisher may have sent it this worker's last message again: then nothing is missing.
            gap = not found.dense or (gap and all(entry.tag != self._last for entry in found.entries))
            self._former = [self.position, *self._former][:EPOCHS]
            self._epoch, self._crossed = found.position.epoch.encode(), True
        behind = found.entries[0].offset - 1 if found.entries else found.position.offset
        self.position = Position(found.position.epoch, found.behind if found.whole else behind)
        if gap:
            self._counters.gaps += 1
            log.info("broadcast.gap_met", channel=self.channel, epoch=self.position.epoch, offset=self.position.offset)
            self._hand(Gap(self.channel, self.position))
        self._counters.filled += len(found.entries)
        for entry in found.entries:
            self._deliver(entry.offset, entry.tag, entry.payload)
        self._release()

    def forget(self) -> None:
        """Drop the keys of the generation before last."""
        self._old, self._young = self._young, {}

    def _take(self, epoch: bytes, offset: int, tag: bytes, payload: bytes) -> None:
        if epoch == self._epoch:
            here = self.position.offset
            if offset == here + 1:
                self._deliver(offset, tag, payload)
            elif offset > here:
                self._stop((epoch, offset, tag, payload))
        elif not self._outlived(epoch):
            self._stop((epoch, offset, tag, payload))

    def _outlived(self, epoch: bytes) -> bool:
        return not epoch.isdigit() or int(epoch) < int(self._epoch)

    def _stop(self, message: tuple[bytes, int, bytes, bytes]) -> None:
        self._held = [message]
        self._heal(self)

    def _hold(self, message: tuple[bytes, int, bytes, bytes]) -> None:
        if self._held is None or len(self._held) >= HELD:
            self.again = True
        else:
            self._held.append(message)

    def _release(self) -> None:
        """Deliver the waiting messages, since nothing is missing any more. They may show the next hole."""
        held, self._held = self._held or [], None
        for message in held:
            if self._held is None:
                self._take(*message)
            else:
                self._hold(message)

    def _deliver(self, offset: int, tag: bytes, payload: bytes) -> None:
        position = self.position = Position(self.position.epoch, offset)
        self._last = tag
        if self._crossed and self._young.get(tag, self._old.get(tag, self._epoch)) != self._epoch:
            self._counters.duplicates += 1
            return
        self._young[tag] = self._epoch
        if len(self._young) >= REMEMBERED:
            self.forget()
        self._hand(Message(self.channel, position, key_of(tag), payload))

    def _hand(self, item: Message | Gap) -> None:
        for reader in self.readers:
            reader.hand(item)
        self._counters.delivered += len(self.readers)
