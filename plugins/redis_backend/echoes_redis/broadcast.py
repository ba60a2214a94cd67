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
from echoes.errors import FacilityError, FacilityUnavailable
from echoes.facilities.broadcast import History, Message, Position, Sink, Subscription
from echoes.repeats import REPEATS
from echoes.steps import slices

from echoes_redis import metrics
from echoes_redis.channel import PUBLISH, Found, Store, key_of, tag_of
from echoes_redis.driver import Driver
from echoes_redis.ears import Ears
from echoes_redis.endpoint import Endpoint
from echoes_redis.journal import Journal, Published
from echoes_redis.keeper import nothing
from echoes_redis.line import HELD, Line, Reader
from echoes_redis.link import Link
from echoes_redis.probe import Probe
from echoes_redis.settings import RedisSettings
from echoes_redis.tally import Tally

log = structlog.get_logger("echoes.redis")
ROUNDS = 5
NOWHERE = "no Redis has everything"
SLICE, SLICE_SECONDS = 100, 0.02
"""Channels that are compared with the store at once, and the pause between two such slices; also the most tasks that heal channels, and the
messages that are published again at once."""
MEMORY_SECONDS = 60.0
"""How long a line recognises the keys that it delivered, at least, for a Redis that has forgotten them."""


class RedisBroadcast:
    """`Broadcast` for any number of workers. `serving` must be entered after the driver's, and left before it."""

    def __init__(
        self, driver: Driver, endpoint: Endpoint, settings: RedisSettings, *, prepare: Callable[[Link], Awaitable[None]] = nothing
    ) -> None:
        self._driver = driver
        self._settings = settings
        self._store = Store(driver, settings, endpoint.db)
        self._journal = Journal(settings.journal_seconds, settings.journal_messages, settings.journal_bytes)
        self._home = ""
        """The run_id of the Redis that has everything in the journal."""
        self._own_keys = (b"~%s.%d" % (secrets.token_hex(6).encode(), n) for n in itertools.count(1))
        self._own_key_seconds = min(settings.key_seconds, 2 * settings.journal_seconds + 30)
        self._tally = Tally()
        self._lines: dict[str, Line] = {}
        self._by_wire: dict[bytes, Line] = {}
        self._healing: dict[Line, asyncio.Future[None]] = {}
        """Lines that history is asked for, or that wait for a healer; each is done when the line is healed."""
        self._unhealed: deque[Line] = deque()
        self._healers = 0
        self._republishing: asyncio.Task[None] | None = None
        self._republished = asyncio.Event()
        """Set unless Redis is being given what it lacks: until then nothing newer is published."""
        self._republished.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ears = Ears(endpoint, settings, hear=self._hear, live=self._live, prepare=prepare)
        self._probe = Probe(driver, self._ears, settings, self._tick)
        self._forgot = time.monotonic()
        driver.on_connected(self._connected)

    @property
    def problems(self) -> list[str]:
        """Why messages are not delivered just now; empty when they are."""
        ears = self._ears.facts
        if not ears.connected:
            return [f"subscriber: {ears.error}"]
        return ["what is published is not delivered"] if self._probe.silent else []

    @property
    def delivery_seconds(self) -> float | None:
        """How long the last probe took; None when none came."""
        return self._probe.seconds

    def leave(self, reason: str) -> None:
        """Cut the subscriber's connection; it is made anew."""
        self._ears.drop(reason)

    # Publishing

    async def publish(self, channel: str, payload: bytes, *, key: str | None = None) -> Position:
        """Number, remember and hand over: one script; see `Broadcast.publish`."""
        began = time.perf_counter()
        payload = bytes(payload)  # nobody else's buffer
        tag = tag_of(key) if key else next(self._own_keys)
        await self._driver.linked()
        while not self._republished.is_set():
            await self._republished.wait()
            await self._driver.linked()
        position = await self._store.publish(channel, tag, payload, self._settings.key_seconds if key else self._own_key_seconds)
        self._journal.add(channel, tag, payload)
        metrics.PUBLISHED.inc()
        metrics.PUBLISH_SECONDS.observe(time.perf_counter() - began)
        return position

    async def position(self, channel: str) -> Position:
        """The channel's top."""
        return (await self._store.read(channel)).position

    async def history(self, channel: str, since: Position) -> History:
        """What was published after `since`; see `History`. A former epoch counts as far as this store knew it."""
        found = await self._store.read(channel, [since])
        if not found.whole:
            return History((), found.position, complete=False)
        epoch = found.position.epoch
        messages = (Message(channel, Position(epoch, one.offset), key_of(one.tag), one.payload) for one in found.entries)
        return History(tuple(messages), found.position, complete=True)

    # Subscribing

    async def subscribe(self, channel: str, sink: Sink, *, since: Position | None = None) -> Subscription:
        """Listen, from `since` on when given; see `Broadcast.subscribe`."""
        line = self._lines.get(channel)
        if line is None:
            line = self._lines[channel] = Line(channel, self._store.names(channel), self._heal, self._tally)
            self._by_wire[line.names.wire] = line
        reader = Reader(channel, sink, lambda reader: self._leave(line, reader))
        line.readers += (reader,)
        try:
            async with line.lock:
                if not line.live:
                    await self._begin(line)
            reader.join(since, await self._joining(line, reader, since))
        except BaseException:
            await reader.close()
            raise
        return reader

    async def _begin(self, line: Line) -> None:
        connection = self._ears.facts.connections
        await self._ears.listen(line.names.wire)
        line.start((await self._store.read(line.channel)).position)
        if self._ears.facts.connections != connection:
            self._heal(line)  # subscribed anew in between, before the line could be healed with the others

    async def _joining(self, line: Line, reader: Reader, since: Position | None) -> Found:
        """What the reader begins with, in the epoch in which its line stands: what the line hands over until then waits for it."""
        for _ in range(ROUNDS):
            reader.joining = []
            found = await self._store.read(line.channel, [] if since is None else [since])
            if found.position.epoch != line.position.epoch:
                self._heal(line)
                await asyncio.wait([self._healing[line]])
            elif len(reader.joining) < HELD:
                return found
        raise FacilityUnavailable(f"the channel {line.channel!r} does not hold still")

    def _leave(self, line: Line, reader: Reader) -> None:
        line.readers = tuple(one for one in line.readers if one is not reader)
        if not line.readers:
            asyncio.get_running_loop().call_later(self._settings.linger, self._let_go, line)

    def _let_go(self, line: Line) -> None:
        """Nobody has come back."""
        if not line.readers and self._lines.get(line.channel) is line:
            del self._lines[line.channel]
            del self._by_wire[line.names.wire]
            self._ears.unlisten(line.names.wire)

    # What the connections call

    def _hear(self, wire: bytes, frame: bytes) -> None:
        line = self._by_wire.get(wire)
        if line is not None:
            self._tally.received += 1
            line.receive(frame)
        elif wire == self._probe.channel:
            self._probe.heard(frame)

    def _live(self) -> None:
        """Everything is subscribed anew: what was missed meanwhile is fetched, of all channels together."""
        for line in self._lines.values():
            if line.live:
                self._heal(line)
        if self._driver.identity != self._ears.identity:
            self._driver.drop("the subscriber found another Redis")

    def _connected(self) -> None:
        """Commands have a connection. A Redis that is another than before is given what it may lack, before anything newer."""
        identity = self._driver.identity
        if self._ears.facts.connected and self._ears.identity != identity:
            self._ears.drop("the driver found another Redis")
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
        """A slice at a time, in order. If it fails, the next connection tries again: what is known there already is not published twice."""
        answers: list[Any] = []
        try:
            async for some in slices(list(self._journal.replay()), SLICE):
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

    def _heal(self, line: Line) -> None:
        """Ask history what this line lacks."""
        line.suspend()
        if line in self._healing:
            line.again = True
            return
        self._healing[line] = asyncio.get_running_loop().create_future()
        self._unhealed.append(line)
        if self._healers < SLICE:
            self._healers += 1
            self._spawn(self._heal_in_turn(), "broadcast:heal")

    async def _heal_in_turn(self) -> None:
        try:
            while self._unhealed:
                await self._recover(self._unhealed.popleft())
        finally:
            self._healers -= 1

    async def _recover(self, line: Line) -> None:
        try:
            while True:
                line.again = False
                line.recover(await self._found(line))
                if not line.again:
                    return
                line.suspend()
        except Exception:
            log.exception("broadcast.heal_crashed", channel=line.channel)
        finally:
            healed = self._healing.pop(line)
            if not healed.done():
                healed.set_result(None)

    async def _found(self, line: Line) -> Found:
        """History's answer, however long it takes to get one."""
        while True:
            await self._driver.until_connected()
            try:
                return await self._store.read(line.channel, line.been)
            except FacilityError as error:
                if times := REPEATS.due("broadcast.history_failed"):
                    log.warning("broadcast.history_failed", channel=line.channel, error=str(error), times=times)
                await asyncio.sleep(random.uniform(0.1, 0.5))

    async def _checking(self) -> None:
        """Now and then, while Redis is well."""
        while True:
            await asyncio.sleep(self._settings.check_interval)
            await self._driver.until_connected()
            try:
                self._ears.reconcile()
                await self._check()
            except Exception:
                log.exception("broadcast.check_crashed")
            self._forget()

    def _tick(self) -> None:
        """Once a second."""
        self._tally.carry()
        if self._driver.facts.connected:
            self._journal.prune()
            metrics.PENDING.labels("main").set(self._driver.facts.pending)

    def _forget(self) -> None:
        """Let lines forget keys, but not while another Redis may still be given what it lacks."""
        now, well = time.monotonic(), self._driver.identity == self._home
        if well and now - self._forgot > max(MEMORY_SECONDS, 2 * self._settings.journal_seconds):
            self._forgot = now
            for line in self._lines.values():
                line.forget()

    async def _check(self) -> None:
        """Compare every line with the store: pub/sub may have lost the last message of a channel, after which nothing shows the hole."""
        lines = [line for line in self._lines.values() if line.live]
        found: list[Found | BaseException] = []
        for start in range(0, len(lines), SLICE):  # a slice at a time: the event loop is others', too
            reads = (self._store.read(line.channel) for line in lines[start : start + SLICE])
            found += await asyncio.gather(*reads, return_exceptions=True)
            await asyncio.sleep(SLICE_SECONDS)
        await asyncio.sleep(self._settings.probe_interval / 2)  # what is on its way has arrived by then
        for line, one in zip(lines, found, strict=True):
            if isinstance(one, Found) and line.behind(one.position):
                log.warning("broadcast.line_behind", channel=line.channel, offset=line.position.offset, top=one.position.offset)
                self._heal(line)

    # Lifetime

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen and watch until it is left."""
        async with AsyncExitStack() as stack:
            self._home = self._home or self._driver.identity
            self._ears.want(self._probe.channel)
            await stack.enter_async_context(self._ears.serving())
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
                self._tally.carry()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
