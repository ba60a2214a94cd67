"""Channels between workers: pub/sub carries the messages, a stream for each channel heals what pub/sub loses."""

import asyncio
import itertools
import random
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from echoes import crashes
from echoes.concurrency import slices
from echoes.errors import FacilityError, FacilityUnavailable
from echoes.facilities.broadcast import History, Message, Position, Sink, Subscription
from echoes.log_limit import LOG_LIMIT

from echoes_redis import metrics
from echoes_redis.channel import PUBLISH, HistoryRead, Store, key_of, tag_of
from echoes_redis.channel_reader import HELD, ChannelReader, LocalSubscription
from echoes_redis.connection import Connection
from echoes_redis.counters import Counters
from echoes_redis.driver import Driver
from echoes_redis.endpoint import Endpoint
from echoes_redis.probe import Probe
from echoes_redis.recent_publishes import Published, RecentPublishes
from echoes_redis.reconnector import nothing
from echoes_redis.settings import RedisSettings
from echoes_redis.subscriber import Subscriber

log = structlog.get_logger("echoes.redis")
ROUNDS = 5
NOWHERE = "no Redis has everything"
SLICE, SLICE_SECONDS = 100, 0.02
"""Channels that are compared with the store at once, and the pause between two such slices.

It is also the most tasks that heal channels, and the messages that are published again at once.
"""
MEMORY_SECONDS = 60.0
"""Seconds for which a channel reader at least recognises the keys that it delivered, for a Redis that has lost them."""


class RedisBroadcast:
    """`Broadcast` for any number of workers. `serving` must be entered after the driver's, and left before it."""

    def __init__(
        self, driver: Driver, endpoint: Endpoint, settings: RedisSettings, *, prepare: Callable[[Connection], Awaitable[None]] = nothing
    ) -> None:
        self._driver = driver
        self._settings = settings
        self._store = Store(driver, settings, endpoint.db)
        self._recent = RecentPublishes(settings.journal_seconds, settings.journal_messages, settings.journal_bytes)
        self._home = ""
        """The run_id of the Redis that has everything in the journal."""
        self._own_keys = (b"~%s.%d" % (secrets.token_hex(6).encode(), n) for n in itertools.count(1))
        self._own_key_seconds = min(settings.key_seconds, 2 * settings.journal_seconds + 30)
        self._counters = Counters()
        self._channel_readers: dict[str, ChannelReader] = {}
        self._by_wire: dict[bytes, ChannelReader] = {}
        self._healing: dict[ChannelReader, asyncio.Future[None]] = {}
        """Channel readers with a pending history read, or that wait for a healer; each is done when the reader is healed."""
        self._unhealed: deque[ChannelReader] = deque()
        self._healers = 0
        self._republishing: asyncio.Task[None] | None = None
        self._republished = asyncio.Event()
        """Cleared while Redis gets the messages that it lacks: no newer message is published until then."""
        self._republished.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriber = Subscriber(endpoint, settings, on_message=self._on_message, live=self._live, prepare=prepare)
        self._probe = Probe(driver, self._subscriber, settings, self._tick)
        self._forgot = time.monotonic()
        driver.on_connected(self._connected)

    @property
    def problems(self) -> list[str]:
        """Why messages are not delivered at present; empty when they are."""
        subscriber = self._subscriber.facts
        if not subscriber.connected:
            return [f"subscriber: {subscriber.error}"]
        return ["what is published is not delivered"] if self._probe.silent else []

    @property
    def delivery_seconds(self) -> float | None:
        """Seconds of the last probe; None when none came."""
        return self._probe.seconds

    def leave(self, reason: str) -> None:
        """Cut the subscriber's connection; it reconnects."""
        self._subscriber.drop(reason)

    # Publishing

    async def publish(self, channel: str, payload: bytes, *, key: str | None = None) -> Position:
        """Number, store and deliver: one script; see `Broadcast.publish`."""
        began = time.perf_counter()
        payload = bytes(payload)  # a copy: the caller may change its buffer
        tag = tag_of(key) if key else next(self._own_keys)
        await self._driver.connected()
        while not self._republished.is_set():
            await self._republished.wait()
            await self._driver.connected()
        position = await self._store.publish(channel, tag, payload, self._settings.key_seconds if key else self._own_key_seconds)
        self._recent.add(channel, tag, payload)
        metrics.PUBLISHED.inc()
        metrics.PUBLISH_SECONDS.observe(time.perf_counter() - began)
        return position

    async def position(self, channel: str) -> Position:
        """The channel's top."""
        return (await self._store.read(channel)).position

    async def history(self, channel: str, since: Position) -> History:
        """Return the messages after `since`; see `History`. A former epoch counts as far as this store knew it."""
        found = await self._store.read(channel, [since])
        if not found.whole:
            return History((), found.position, complete=False)
        epoch = found.position.epoch
        messages = (Message(channel, Position(epoch, one.offset), key_of(one.tag), one.payload) for one in found.entries)
        return History(tuple(messages), found.position, complete=True)

    # Subscribing

    async def subscribe(self, channel: str, sink: Sink, *, since: Position | None = None) -> Subscription:
        """Subscribe, from `since` on when given; see `Broadcast.subscribe`."""
        channel_reader = self._channel_readers.get(channel)
        if channel_reader is None:
            channel_reader = self._channel_readers[channel] = ChannelReader(channel, self._store.names(channel), self._heal, self._counters)
            self._by_wire[channel_reader.names.wire] = channel_reader
        reader = LocalSubscription(channel, sink, lambda reader: self._leave(channel_reader, reader))
        channel_reader.readers += (reader,)
        try:
            async with channel_reader.lock:
                if not channel_reader.live:
                    await self._begin(channel_reader)
            reader.join(since, await self._joining(channel_reader, reader, since))
        except BaseException:
            await reader.close()
            raise
        return reader

    async def _begin(self, channel_reader: ChannelReader) -> None:
        connection = self._subscriber.facts.connections
        await self._subscriber.listen(channel_reader.names.wire)
        channel_reader.start(*await self._store.begin(channel_reader.channel))
        if self._subscriber.facts.connections != connection:
            self._heal(channel_reader)  # subscribed again in between, before the reader could be healed with the others

    async def _joining(self, channel_reader: ChannelReader, reader: LocalSubscription, since: Position | None) -> HistoryRead:
        """Return the reader's beginning, in the epoch of its channel reader. Items that the channel reader delivers until then wait for it."""
        for _ in range(ROUNDS):
            reader.joining = []
            found = await self._store.read(channel_reader.channel, [] if since is None else [since])
            if found.position.epoch != channel_reader.position.epoch:
                self._heal(channel_reader)
                await asyncio.wait([self._healing[channel_reader]])
            elif len(reader.joining) < HELD:
                return found
        raise FacilityUnavailable(f"the channel {channel_reader.channel!r} does not hold still")

    def _leave(self, channel_reader: ChannelReader, reader: LocalSubscription) -> None:
        """End the channel here at once after the last subscription: the hub already keeps a channel for subscribers that come back."""
        channel_reader.readers = tuple(one for one in channel_reader.readers if one is not reader)
        if not channel_reader.readers and self._channel_readers.get(channel_reader.channel) is channel_reader:
            del self._channel_readers[channel_reader.channel]
            del self._by_wire[channel_reader.names.wire]
            self._subscriber.unlisten(channel_reader.names.wire)

    # Callbacks of the connections

    def _on_message(self, wire: bytes, frame: bytes) -> None:
        channel_reader = self._by_wire.get(wire)
        if channel_reader is not None:
            self._counters.received += 1
            channel_reader.receive(frame)
        elif wire == self._probe.channel:
            self._probe.heard(frame)

    def _live(self) -> None:
        """Fetch the missed messages of all channels together, after all channels are subscribed again."""
        for channel_reader in self._channel_readers.values():
            if channel_reader.live:
                self._heal(channel_reader)
        if self._driver.identity != self._subscriber.identity:
            self._driver.drop("the subscriber found another Redis")

    def _connected(self) -> None:
        """Send a Redis other than before the messages that it may lack, before any newer one. Called when commands have a connection."""
        identity = self._driver.identity
        if self._subscriber.facts.connected and self._subscriber.identity != identity:
            self._subscriber.drop("the driver found another Redis")
        if self._home in {"", identity}:
            self._home = identity
            return
        self._forgot = time.monotonic()
        self._home = NOWHERE
        self._republished.clear()
        if self._republishing is not None:
            self._republishing.cancel()
        self._republishing = self._spawn(self._republish(identity), "broadcast:republish")

    async def _republish(self, identity: str) -> None:
        """Publish again, a slice at a time, in order.

        If it fails, the next connection tries again: messages that are there already are not published twice.
        """
        answers: list[Any] = []
        try:
            async for some in slices(list(self._recent.replay()), SLICE):
                answers += await asyncio.gather(*map(self._send_again, some), return_exceptions=True)
        except FacilityUnavailable as error:  # the connection is lost
            answers.append(error)
        finally:
            if self._republishing is asyncio.current_task():
                self._republished.set()
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        metrics.REPUBLISHED.inc(len(answers) - len(failed))
        if failed:
            log.warning("broadcast.republish_failed", run_id=identity, messages=len(failed), error=str(failed[0]))
        else:
            self._home = identity
            log.info("broadcast.republished", run_id=identity, messages=len(answers))

    def _send_again(self, one: Published) -> asyncio.Future[Any]:
        seconds = self._settings.key_seconds if one.tag[:1] == b"=" else self._own_key_seconds
        return self._driver.send(PUBLISH, *self._store.publishing(one.channel, one.tag, one.payload, seconds, again=True))

    # Healing

    def _heal(self, channel_reader: ChannelReader) -> None:
        """Read from history what this channel reader lacks."""
        channel_reader.suspend()
        if channel_reader in self._healing:
            channel_reader.again = True
            return
        self._healing[channel_reader] = asyncio.get_running_loop().create_future()
        self._unhealed.append(channel_reader)
        if self._healers < SLICE:
            self._healers += 1
            self._spawn(self._heal_in_turn(), "broadcast:heal")

    async def _heal_in_turn(self) -> None:
        try:
            while self._unhealed:
                await self._recover(self._unhealed.popleft())
        finally:
            self._healers -= 1

    async def _recover(self, channel_reader: ChannelReader) -> None:
        try:
            while True:
                channel_reader.again = False
                channel_reader.recover(await self._found(channel_reader))
                if not channel_reader.again:
                    return
                channel_reader.suspend()
        except Exception:
            log.exception("broadcast.heal_crashed", channel=channel_reader.channel)
            crashes.report()
        finally:
            healed = self._healing.pop(channel_reader)
            if not healed.done():
                healed.set_result(None)

    async def _found(self, channel_reader: ChannelReader) -> HistoryRead:
        """Return the answer of history, after any number of retries."""
        while True:
            await self._driver.until_connected()
            try:
                return await self._store.read(channel_reader.channel, channel_reader.been)
            except FacilityError as error:
                if times := LOG_LIMIT.due("broadcast.history_failed"):
                    log.warning("broadcast.history_failed", channel=channel_reader.channel, error=str(error), times=times)
                await asyncio.sleep(random.uniform(0.1, 0.5))

    async def _checking(self) -> None:
        """Compare with the store at intervals, while Redis is healthy."""
        while True:
            await asyncio.sleep(self._settings.check_interval)
            await self._driver.until_connected()
            try:
                self._subscriber.reconcile()
                await self._check()
            except Exception:
                log.exception("broadcast.check_crashed")
                crashes.report()
            self._forget()

    def _tick(self) -> None:
        """Run the work of each second."""
        self._counters.carry()
        if self._driver.facts.connected:
            self._recent.prune()
            metrics.PENDING.labels("main").set(self._driver.facts.pending)

    def _forget(self) -> None:
        """Let channel readers drop keys, but not while another Redis may still get the messages that it lacks."""
        now, well = time.monotonic(), self._driver.identity == self._home
        if well and now - self._forgot > max(MEMORY_SECONDS, 2 * self._settings.journal_seconds):
            self._forgot = now
            for channel_reader in self._channel_readers.values():
                channel_reader.forget()

    async def _check(self) -> None:
        """Compare every channel reader with the store: pub/sub may have lost the last message of a channel, after which no later message shows
        the hole.
        """
        channel_readers = [channel_reader for channel_reader in self._channel_readers.values() if channel_reader.live]
        found: list[HistoryRead | BaseException] = []
        for start in range(0, len(channel_readers), SLICE):  # a slice at a time: the event loop has other work, too
            reads = (self._store.read(channel_reader.channel) for channel_reader in channel_readers[start : start + SLICE])
            found += await asyncio.gather(*reads, return_exceptions=True)
            await asyncio.sleep(SLICE_SECONDS)
        await asyncio.sleep(self._settings.probe_interval / 2)  # messages on their way have arrived by then
        for channel_reader, one in zip(channel_readers, found, strict=True):
            if channel_reader.waits and channel_reader not in self._healing:  # its repair has crashed
                self._heal(channel_reader)
            elif isinstance(one, HistoryRead) and channel_reader.behind(one.position):
                log.warning(
                    "broadcast.line_behind", channel=channel_reader.channel, offset=channel_reader.position.offset, top=one.position.offset
                )
                self._heal(channel_reader)

    # Lifetime

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Subscribe and check while the body runs."""
        async with AsyncExitStack() as stack:
            self._home = self._home or self._driver.identity
            self._subscriber.want(self._probe.channel)
            await stack.enter_async_context(self._subscriber.serving())
            self._spawn(self._probe.run(), "broadcast:probe")
            self._spawn(self._checking(), "broadcast:check")
            try:
                yield
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                for waiting in self._healing.values():
                    waiting.cancel()
                self._counters.carry()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
