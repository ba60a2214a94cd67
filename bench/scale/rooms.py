"""The cost of each kind of command in rooms of 1, 20 and 200 players, at the same rate. Only what is delivered to others may grow with the room."""

import argparse
import asyncio
import functools
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

import asyncpg
import redis.asyncio
import uvloop
from fanout.ours import name_of, ours
from fanout.running import Running, redis_of
from play import counters
from whole import Parts, empty_folder, samples

from scale.figures import Numbers, share
from scale.stage import Actor, content, furnish, thing_of

METRICS = {"queries": "echoes_query_seconds_count", "deliveries": "echoes_events_delivered_total"}
"""Counters of the server. PostgreSQL's own count of transactions is some seconds late, longer than a part of this scenario."""
AT_ONCE = 20
"""Clients that connect at the same time."""
TICK = 0.002
Line = tuple[int, str]
"""The number of a player, and what it types."""


def _neighbour(number: int, size: int) -> int:
    """The next player of the same room."""
    first = number // size * size
    return first + (number + 1 - first) % size


KINDS: dict[str, Callable[[int, int], list[Line]]] = {
    "look": lambda one, _: [(one, "look")],
    "inventory": lambda one, _: [(one, "inventory")],
    "say": lambda one, _: [(one, "say Is it always this quiet here?")],
    "north, south": lambda one, _: [(one, "north"), (one, "south")],
    "drop, get": lambda one, _: [(one, f"drop {thing_of(one)}"), (one, f"get {thing_of(one)}")],
    "give, give back": lambda one, size: [
        (one, f"give {thing_of(one)} to {name_of(_neighbour(one, size))}"),
        (_neighbour(one, size), f"give {thing_of(one)} to {name_of(one)}"),
    ],
    "buy, sell": lambda one, _: [(one, "buy 1 pie"), (one, "sell 1 pie")],
    "attack": lambda _, __: [(0, "attack dummy")],
}
"""The lines of one turn, by the number of the player and the size of its room. One player alone fights: a fight of more would not be the same fight."""
TRADE, TRADE_PART = "buy, sell", 0.1
"""Trade has this part of the rate: all players of a room share the stock of one seller."""
ALONE = {"give, give back"}
"""Needs two players."""


async def _enter(running: Running, number: int, size: int) -> list[Actor]:
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> Actor:
        async with gate:
            _, made = await loop.create_connection(
                lambda: running.make(index, index // size, lambda *_: None), "127.0.0.1", running.ports[0]
            )
            await made.opened
        return cast("Actor", made)

    return list(await asyncio.gather(*map(one, range(number))))


class Phase:
    """Commands of one kind at a rate, and their answers."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._actors = actors
        self.late: list[float] = []
        self.refused: Counter[str] = Counter()
        self._busy: set[int] = set()

    async def _act(self, lines: Sequence[Line]) -> None:
        for number, line in lines:
            began = time.perf_counter()
            reply = await self._actors[number].do(line)
            self.late.append(1000 * (time.perf_counter() - began))
            if not reply["ok"]:
                self.refused[f"{line.split()[0]}: {reply['error']['code']}"] += 1
        self._busy -= {number for number, _ in lines}

    async def run(self, lines: Callable[[int], list[Line]], rate: float, seconds: float) -> None:
        """Take the players in turns. Those of one turn are busy until all is answered, and a turn of a busy one is left out."""
        loop, order = asyncio.get_running_loop(), list(range(len(self._actors)))
        random.Random(1).shuffle(order)
        began, given, turn, tasks = loop.time(), 0, 0, set()
        while (passed := loop.time() - began) < seconds:
            while given < passed * rate:
                found = lines(order[turn % len(order)])
                turn += 1
                given += len(found)
                players = {number for number, _ in found}
                if players & self._busy:
                    continue
                self._busy |= players
                tasks.add(task := asyncio.create_task(self._act(found)))
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(TICK)
        await asyncio.gather(*tasks)


async def _cost(parts: Parts, store: Any, database: Any, work: Any) -> tuple[dict[str, float], float]:
    """Return the increase of all counters during some work, and the seconds that it takes."""

    async def read() -> dict[str, float]:
        found: Counter[str] = Counter()
        for one in await asyncio.to_thread(samples, parts.url):
            found[one.name] += one.value
        return await counters(parts, store, database) | {name: found[metric] for name, metric in METRICS.items()}

    before, began = await read(), time.monotonic()
    await work
    took = time.monotonic() - began
    after = await read()
    return {name: after[name] - before[name] for name in after}, took


async def _measure(running: Running, parts: Parts, redis_: str, size: int, options: argparse.Namespace) -> dict[str, Numbers]:
    await furnish(parts.database)
    actors = await _enter(running, options.actors, size)
    store, database = redis.asyncio.from_url(redis_), await asyncpg.connect(parts.database)
    await asyncio.sleep(2.0)
    idle, took = await _cost(parts, store, database, asyncio.sleep(options.each))
    rest = {name: value / took for name, value in idle.items()}
    found: dict[str, Numbers] = {}
    for kind, lines in KINDS.items():
        if size == 1 and kind in ALONE:
            continue
        phase, rate = Phase(actors), options.rate * (TRADE_PART if kind == TRADE else 1)
        spent, took = await _cost(parts, store, database, phase.run(lambda one, lines=lines: lines(one, size), rate, options.each))
        number = max(1, len(phase.late))
        own = {name: max(0.0, value - rest[name] * took) / number for name, value in spent.items()}
        found[f"{kind}, room of {size}"] = {
            "commands a second": number / took, "refused, %": 100 * phase.refused.total() / number,
            "answer, p50, ms": share(phase.late, 50), "answer, p95, ms": share(phase.late, 95),
            "CPU of the server, ms": 1000 * own["server"], "CPU of PostgreSQL, ms": 1000 * own["PostgreSQL"], "CPU of Redis, ms": 1000 * own["Redis"],
            "Redis calls": own["calls"], "queries": own["queries"], "deliveries": own["deliveries"],
        }  # fmt: skip
        if phase.refused:
            print(f"{kind} in a room of {size}, refused: {dict(phase.refused.most_common(3))}", flush=True)
    for one in actors:
        one.transport.abort()
    await store.aclose()
    await database.close()
    return found


def rooms(options: argparse.Namespace) -> dict[str, Numbers]:
    """Each kind of command in rooms of each size; what the server uses at rest is taken off."""
    found: dict[str, Numbers] = {}
    for size in options.sizes:
        number = max(size, options.actors // size * size)
        with (
            empty_folder() as folder,
            redis_of(folder) as (redis_, pid),
            ours(size, number // size, number, city=functools.partial(content, players=number), client=Actor)(folder, redis_) as running,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            assert running.parts is not None  # noqa: S101 - it is this server
            found |= runner.run(_measure(running, running.parts._replace(redis=pid), redis_, size, options))
    return {row: found[row] for kind in KINDS for row in found if row.startswith(f"{kind}, room of ")}
