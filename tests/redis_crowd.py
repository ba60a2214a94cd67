"""Two workers, publishers that never give up and listeners that forget nothing: for tests that break Redis meanwhile."""

import asyncio
import contextlib
from collections import defaultdict

from echoes.errors import FacilityUnavailable
from echoes_redis.broadcast import RedisBroadcast
from echoes_redis.driver import Driver
from redis_workers import at, broadcasting, serving

SECONDS = 30.0
FAST = {"io_timeout": 0.5, "connect_timeout": 0.5, "wait": 0.2, "probe_interval": 0.1, "check_interval": 0.5}


class Listener:
    """A sink that keeps what it got, apart by publisher."""

    def __init__(self) -> None:
        self.items = []
        self.changed = asyncio.Event()

    def __call__(self, item) -> None:
        self.items.append(item)
        self.changed.set()

    @property
    def gaps(self):
        return [item for item in self.items if not hasattr(item, "payload")]

    @property
    def payloads(self):
        return [item.payload for item in self.items if hasattr(item, "payload")]

    def by_publisher(self):
        """The numbers received from each publisher, in order of arrival."""
        heard = defaultdict(list)
        for payload in self.payloads:
            name, _, number = payload.partition(b":")
            heard[name.decode()].append(int(number))
        return heard

    async def until(self, condition) -> None:
        """Return once `condition(self)` holds."""
        try:
            async with asyncio.timeout(SECONDS):
                while not condition(self):
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain; got {len(self.items)} items, the last {self.items[-5:]}") from None


async def eventually(condition) -> None:
    """Return once `condition()` holds."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


async def publish_stubbornly(broadcast: RedisBroadcast, channel: str, payload: bytes, key: str):
    """Publish under one key until it is acknowledged, as the outbox does."""
    while True:
        try:
            return await broadcast.publish(channel, payload, key=key)
        except FacilityUnavailable:
            await asyncio.sleep(0.02)


class Crowd:
    """Publishers `p0`, `p1`, … on alternating workers, each numbering its messages; a listener on each worker."""

    channel = "location:square"

    def __init__(self, workers: tuple[RedisBroadcast, ...], drivers: tuple[Driver, ...]) -> None:
        self.workers = workers
        self.drivers = drivers
        self.listeners = [Listener() for _ in workers]
        self.sent: dict[str, int] = defaultdict(int)

    async def listen(self) -> None:
        for worker, listener in zip(self.workers, self.listeners, strict=True):
            await worker.subscribe(self.channel, listener)

    async def say(self, count: int, publisher: int = 0) -> None:
        """Publish this number of messages more, one after another."""
        name = f"p{publisher}"
        for _ in range(count):
            number = self.sent[name]
            self.sent[name] += 1
            await publish_stubbornly(
                self.workers[publisher % len(self.workers)], self.channel, b"%s:%d" % (name.encode(), number), f"{name}:{number}"
            )

    @contextlib.asynccontextmanager
    async def chatter(self, publishers: int = 4, pause: float = 0.02):
        """All publish until it is left."""
        over = asyncio.Event()

        async def talk(publisher: int) -> None:
            while not over.is_set():
                await self.say(1, publisher)
                await asyncio.sleep(pause)

        async with asyncio.TaskGroup() as group:
            for publisher in range(publishers):
                group.create_task(talk(publisher))
            yield
            over.set()

    async def heard_all(self) -> None:
        """Every listener gets, or has got, every message of each publisher once and in order."""
        for listener in self.listeners:
            await listener.until(lambda self_: all(len(self_.by_publisher()[name]) >= count for name, count in self.sent.items()))
            heard = listener.by_publisher()
            assert {name: numbers for name, numbers in heard.items() if numbers != list(range(self.sent[name]))} == {}


@contextlib.asynccontextmanager
async def crowd(url: str, workers: int = 2, **settings):
    """A crowd on the Redis at `url`, listening."""
    backend = at(url, **FAST | settings)
    async with (
        serving(*(backend.driver() for _ in range(workers))) as drivers,
        broadcasting(backend, *drivers) as broadcasts,
    ):
        made = Crowd(broadcasts, drivers)
        await made.listen()
        yield made
