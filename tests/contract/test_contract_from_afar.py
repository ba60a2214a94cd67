"""The suites do not lean on a backend that answers at once: they hold over a wire, where each call takes its time both ways."""

import asyncio
import contextlib
import functools
import inspect
import random

import pytest
from echoes.clock import ManualClock
from echoes.testing import BroadcastContract, CacheContract, LockManagerContract, RegistryContract, SessionStoreContract
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.cache import MemoryCache
from echoes_memory.lock import MemoryLocks
from echoes_memory.registry import MemoryRegistry
from echoes_memory.session import MemorySessions


class Wire:
    """One worker's connection to a store: calls overtake one another, and answers come late."""

    def __init__(self, store: object, dice: random.Random) -> None:
        self._store = store
        self._dice = dice

    async def travel(self) -> None:
        for _ in range(self._dice.randrange(6)):
            await asyncio.sleep(0)

    def __getattr__(self, name):
        method = getattr(self._store, name)
        assert inspect.iscoroutinefunction(method)

        @functools.wraps(method)
        async def call(*args: object, **kwargs: object) -> object:
            await self.travel()
            answer = await method(*args, **kwargs)
            await self.travel()
            return answer

        return call


class BroadcastWire(Wire):
    """Messages travel as well: in order, some steps after their publication."""

    async def subscribe(self, channel, sink, *, since=None):
        await self.travel()
        distant = Distant(self, sink)
        distant.near = await self._store.subscribe(channel, distant.queue.put_nowait, since=since)
        distant.position = since or distant.near.position
        await self.travel()
        return distant


class Distant:
    """A subscription at the far end of the wire."""

    def __init__(self, wire: BroadcastWire, sink) -> None:
        self.wire, self.sink = wire, sink
        self.queue = asyncio.Queue()
        self.near = None
        self.position = None
        self.carrier = asyncio.create_task(self.carry())

    @property
    def channel(self):
        return self.near.channel

    async def carry(self):
        while True:
            item = await self.queue.get()
            await self.wire.travel()
            self.position = item.position
            with contextlib.suppress(RuntimeError):
                self.sink(item)

    async def close(self):
        self.carrier.cancel()
        await self.near.close()
        await self.wire.travel()


class FromAfar:
    """Two workers, each with a wire to one store. The journeys are dealt again, and the same way, for every test."""

    make: type
    wire = Wire

    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def advance(self, clock):
        return clock.advance

    @pytest.fixture
    def dice(self):
        return random.Random(7)

    @pytest.fixture
    def near(self, clock):
        return self.make(clock)

    @pytest.fixture
    async def store(self, near, dice):
        return self.wire(near, dice)

    @pytest.fixture
    async def other(self, near, dice):
        return self.wire(near, dice)

    @pytest.fixture
    def forget(self, clock, dice):
        async def crash():
            return self.wire(self.make(clock), dice)

        return crash


class TestSessionsFromAfar(FromAfar, SessionStoreContract):
    make = MemorySessions


class TestRegistryFromAfar(FromAfar, RegistryContract):
    make = MemoryRegistry


class TestCacheFromAfar(FromAfar, CacheContract):
    make = MemoryCache


class TestBroadcastFromAfar(FromAfar, BroadcastContract):
    make = MemoryBroadcast
    wire = BroadcastWire


class TestLocksFromAfar(FromAfar, LockManagerContract):
    make = MemoryLocks
