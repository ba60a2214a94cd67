"""Many connections: mostly idle, and all back at once. Rooms and clients are those of the fan-out benchmark."""

import argparse
import asyncio
import gc
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop
from fanout.clients import Echoes
from fanout.crowd import Crowd
from fanout.measure import allow_files, memory_of
from fanout.ours import ours
from fanout.running import WORKERS, Running, redis_of
from fanout.wire import Connection
from whole import empty_folder

from scale.figures import Numbers, share

SIZE = 20
"""Players in a room."""
SPOKEN = 20.0
"""Sentences a second of all idle players together."""
AT_ONCE = 50
"""Clients that connect at the same time, before they break and return."""
PAUSE = (0.05, 0.15)
"""Seconds between two tries of a client to come back."""
PATIENCE = 60.0


@contextmanager
def served(clients: int, workers: int = WORKERS) -> Iterator[Running]:
    """A server with this number of characters, in rooms of `SIZE`."""
    rooms = max(1, clients // SIZE)
    with empty_folder() as folder, redis_of(folder) as (redis, _), ours(SIZE, rooms, clients, workers)(folder, redis) as running:
        yield running


def affordable(wanted: int) -> int:
    """As many connections as this process may open, in whole rooms."""
    return allow_files(wanted) // SIZE * SIZE


async def _idle(running: Running, clients: int, seconds: float) -> Numbers:
    await asyncio.sleep(1.5)
    before, began = memory_of(running.pids()), time.monotonic()
    async with Crowd(running, clients, SIZE, tells_speaker=False) as crowd:
        connected = time.monotonic() - began
        await asyncio.sleep(2.0)
        memory = memory_of(running.pids()) - before
        heard = await crowd.step(SPOKEN * (SIZE - 1), seconds)
    return {
        "connections": clients, "all are in after, s": connected, "memory of a connection, KiB": memory / 1024 / clients,
        "delivery, p50, ms": heard.at(50), "delivery, p95, ms": heard.at(95), "longest pause, ms": heard.at(100), "lost": heard.lost,
    }  # fmt: skip


def idle(options: argparse.Namespace) -> Numbers:
    """Connections that are mostly idle: their memory, and the longest that a sentence waited."""
    clients = affordable(options.idle)
    with served(clients) as running, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_idle(running, clients, options.seconds))


async def _come_in(running: Running, number: int, tries: Counter[int]) -> Connection:
    """Connect until it succeeds, as a client does that was there before."""
    loop = asyncio.get_running_loop()

    def make() -> Connection:
        made = running.make(number, number // SIZE, lambda *_: None)
        if isinstance(made, Echoes):
            made.comes_back = True
        return made

    while True:
        tries[number] += 1
        try:
            _, connection = await loop.create_connection(make, "127.0.0.1", running.ports[0])
            await asyncio.wait_for(connection.opened, PATIENCE)
        except (OSError, TimeoutError):
            await asyncio.sleep(random.uniform(*PAUSE))
        else:
            return connection


async def _returning(running: Running, clients: int) -> Numbers:
    first: Counter[int] = Counter()
    gate = asyncio.Semaphore(AT_ONCE)

    async def come(number: int) -> Connection:
        async with gate:
            return await _come_in(running, number, first)

    there = await asyncio.gather(*(come(number) for number in range(clients)))
    for connection in there:
        connection.transport.abort()
    await asyncio.sleep(0.5)
    gc.collect()
    gc.freeze()
    tries: Counter[int] = Counter()
    began, times = time.monotonic(), []

    async def again(number: int) -> Connection:
        connection = await _come_in(running, number, tries)
        times.append(time.monotonic() - began)
        return connection

    back = await asyncio.gather(*(again(number) for number in range(clients)))
    snapshots = sum(one.memory.gaps for one in back if isinstance(one, Echoes))
    for connection in back:
        connection.transport.abort()
    return {
        "players": clients, "half are in after, s": share(times, 50), "95 % are in after, s": share(times, 95), "all are in after, s": max(times),
        "tries of a player": tries.total() / clients, "recovered, %": 100 * (1 - snapshots / clients),
    }  # fmt: skip


def returning(options: argparse.Namespace) -> dict[str, Numbers]:
    """All connections break in one moment, and all clients come back at once: to two workers, and to one."""
    clients, found = affordable(options.returning), {}
    for workers in (WORKERS, 1):
        with served(clients, workers) as running, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found[f"{workers} worker{'s' if workers > 1 else ''}"] = runner.run(_returning(running, clients))
    return found
